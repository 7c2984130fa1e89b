import { randomUUIDv7 } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { StepType } from "#effects";
import { createSqliteStore } from "#evidence";
import { NoOpHandler } from "#executor";
import type { AttemptEnd, Job, NewWork, Work } from "#model";
import { createJobRunner, Workers } from "#orchestration";
import { createSqliteQueue, WorkStore } from "#queue";
import { systemClock } from "../../src/main/system-clock.ts";
import { freshDirectory } from "../child.ts";
import { Awaited, STEPS } from "./rival.ts";
import type { Rival } from "./rival.ts";

const noOp: StepType = { name: "no_op", handler: new NoOpHandler(), checkParameters: () => [], parametersSchema: {} };

/** Our own queue, store of work, workers and machine on SQLite, as a server has them. One job of ten steps is one piece of work. */
export function verbatim(inFlight: number): Promise<Rival> {
  const directory = freshDirectory();
  const evidence = createSqliteStore(join(directory, "evidence"), { newEventId: randomUUIDv7 });
  const runner = createJobRunner({ store: evidence, clock: systemClock, stepTypes: [noOp], maxActiveJobs: 64 });
  const store = new WorkStore({ path: join(directory, "work.db"), clock: systemClock });
  const queue = createSqliteQueue({ file: join(directory, "queue.db"), clock: systemClock });
  const awaited = new Awaited();
  const workers = new Workers({
    store,
    queue,
    clock: systemClock,
    concurrency: inFlight,
    leaseMs: 60_000,
    perform: async (work): Promise<AttemptEnd> => {
      const { finalStatus } = await (await runner.submit(jobOf(work))).result;
      if (finalStatus !== "COMPLETED") throw new Error(`the job ended ${finalStatus}`);
      return { kind: "completed", follows: [] };
    },
    onNews: (news) => {
      if (news.kind === "completed") awaited.end(news.id);
      else if (news.kind === "put back" || news.kind === "queue unavailable") throw news.error;
    },
  });
  workers.start();
  return Promise.resolve({
    async perform() {
      const { id, ended } = awaited.begin();
      const work: NewWork = { id, name: "bench", capability: "no_op", priority: 0, payload: {} };
      store.accept([work]);
      await workers.enqueue([work]);
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await workers.drain({ graceMs: 0 });
      await queue.close();
      store.close();
      await evidence.close();
      rmSync(directory, { recursive: true });
    },
  });
}

function jobOf({ id, attempts }: Work): Job {
  const steps = Array.from({ length: STEPS }, (_none, stepIndex) => {
    return { stepIndex, stepType: "no_op", target: "", parameters: {}, timeoutSeconds: 30 };
  });
  return { jobId: `${id}-a${attempts}`, contractId: "bench", executedBy: "bench", steps };
}
