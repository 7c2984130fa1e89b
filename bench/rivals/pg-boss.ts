import { PgBoss } from "pg-boss";
import { startPostgres } from "../../test/support/postgres-server.ts";
import { Awaited, STEPS } from "./rival.ts";
import type { Rival } from "./rival.ts";

interface Step {
  readonly id: string;
  readonly step: number;
}

/**
 * pg-boss on a PostgreSQL that syncs every commit. One step is one job of it, whose output is kept; the next is handed in before it is
 * completed. Jobs are fetched in a loop that is woken by whoever hands one in: its own workers would look twice a second at most.
 */
export async function pgBoss(inFlight: number): Promise<Rival> {
  const server = await startPostgres({ syncs: "disk" });
  const boss = new PgBoss({ connectionString: server.url, max: Math.max(2, Math.min(inFlight, 16)) });
  await boss.start();
  await boss.createQueue("bench");
  const awaited = new Awaited();
  let stopped = false;
  let wake: (() => void) | undefined;
  const send = async (step: Step): Promise<void> => {
    await boss.send("bench", step);
    wake?.();
  };
  const perform = async (jobId: string, { id, step }: Step): Promise<void> => {
    if (step + 1 < STEPS) await send({ id, step: step + 1 });
    await boss.complete("bench", jobId, { done: step });
    if (step + 1 === STEPS) awaited.end(id);
  };
  const fetching = (async () => {
    while (!stopped) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const jobs = await boss.fetch<Step>("bench", { batchSize: inFlight });
      for (const { id, data } of jobs) void perform(id, data);
      if (jobs.length === 0) await woken;
    }
  })();
  return {
    async perform() {
      const { id, ended } = awaited.begin();
      await send({ id, step: 0 });
      await ended;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      wake?.();
      await fetching;
      await boss.stop({ graceful: false });
      await server[Symbol.asyncDispose]();
    },
  };
}
