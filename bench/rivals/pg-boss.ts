import pg from "pg";
import { PgBoss } from "pg-boss";
import { Awaited, STEPS } from "./rival.ts";
import type { Place, Rival } from "./rival.ts";
import { addStepRow, makeStepTable } from "./step-rows.ts";

interface Step {
  readonly id: string;
  readonly step: number;
}

const MOST_CONNECTIONS = 16;

/** pg-boss, where one step is one job of it, whose output it keeps; the next is handed in before it is completed. */
export async function pgBoss({ url, inFlight, onStep }: Place): Promise<Rival> {
  const awaited = new Awaited();
  const queue = await openQueue({ url, inFlight }, async ({ id, step }, send) => {
    onStep();
    if (step + 1 < STEPS) await send({ id, step: step + 1 });
    return { output: { done: step }, onCompleted: () => step + 1 === STEPS && awaited.end(id) };
  });
  return rival(queue, awaited, () => queue[Symbol.asyncDispose]());
}

/** pg-boss, where one job of it has ten steps, whose handler adds a row to a table of its own for each. */
export async function pgBossWithRows({ url, inFlight, onStep }: Place): Promise<Rival> {
  const awaited = new Awaited();
  const pool = new pg.Pool({ connectionString: url, max: inFlight });
  const table = await makeStepTable(pool, "pg_boss_steps");
  const queue = await openQueue({ url, inFlight }, async ({ id }) => {
    for (let step = 0; step < STEPS; step += 1) {
      onStep();
      await addStepRow(pool, table, { job: id, step });
    }
    return { output: { done: STEPS }, onCompleted: () => awaited.end(id) };
  });
  return rival(queue, awaited, async () => {
    await queue[Symbol.asyncDispose]();
    await pool.end();
  });
}

interface Queue extends AsyncDisposable {
  send(step: Step): Promise<void>;
}

type Perform = (
  step: Step,
  send: (step: Step) => Promise<void>,
) => Promise<{ readonly output: object; readonly onCompleted: () => unknown }>;

/** Jobs are fetched in a loop that is woken by whoever hands one in: its own workers would look twice a second at most. */
async function openQueue({ url, inFlight }: Pick<Place, "url" | "inFlight">, perform: Perform): Promise<Queue> {
  const boss = new PgBoss({ connectionString: url, max: Math.max(2, Math.min(inFlight, MOST_CONNECTIONS)) });
  await boss.start();
  await boss.createQueue("bench");
  let stopped = false;
  let wake: (() => void) | undefined;
  const send = async (step: Step): Promise<void> => {
    await boss.send("bench", step);
    wake?.();
  };
  const performOne = async (jobId: string, step: Step): Promise<void> => {
    const { output, onCompleted } = await perform(step, send);
    await boss.complete("bench", jobId, output);
    onCompleted();
  };
  const fetching = (async () => {
    while (!stopped) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const jobs = await boss.fetch<Step>("bench", { batchSize: inFlight });
      for (const { id, data } of jobs) void performOne(id, data);
      if (jobs.length === 0) await woken;
    }
  })();
  return {
    send,
    async [Symbol.asyncDispose]() {
      stopped = true;
      wake?.();
      await fetching;
      await boss.stop({ graceful: false });
    },
  };
}

function rival(queue: Queue, awaited: Awaited, close: () => PromiseLike<void>): Rival {
  return {
    async perform() {
      const { id, ended } = awaited.begin();
      await queue.send({ id, step: 0 });
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}
