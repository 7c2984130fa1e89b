import { randomUUID, randomUUIDv7 } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { StepType } from "#effects";
import { createPostgresStore } from "#evidence";
import { NoOpHandler } from "#executor";
import type { Job } from "#model";
import { createJobRunner } from "#orchestration";
import { systemClock } from "../../src/main/system-clock.ts";
import { freshDirectory } from "../child.ts";
import { STEPS } from "./rival.ts";
import type { Place, Rival } from "./rival.ts";

const ACTIVE_JOBS = 64;

/** Our own machine over the store in PostgreSQL, within this process, as a server has it: one job of ten steps is one run. */
export function verbatimOnPostgres({ url, onStep }: Place): Promise<Rival> {
  const directory = freshDirectory();
  const place = { url, clock: systemClock, newToken: randomUUID };
  const store = createPostgresStore(join(directory, "state"), place, { newEventId: randomUUIDv7 });
  const stepTypes = [countedNoOp(onStep)];
  const runner = createJobRunner({ store, clock: systemClock, stepTypes, maxActiveJobs: ACTIVE_JOBS, elsewhere: true });
  return Promise.resolve({
    async perform() {
      const { finalStatus } = await (await runner.submit(noOps(randomUUID()))).result;
      if (finalStatus !== "COMPLETED") throw new Error(`the job ended ${finalStatus}`);
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  });
}

/** A no-op that is counted. */
export function countedNoOp(onStep: () => void): StepType {
  const noOp = new NoOpHandler();
  const handler = {
    execute() {
      onStep();
      return noOp.execute();
    },
  };
  return { name: "no_op", handler, checkParameters: () => [], parametersSchema: {} };
}

/** A job of ten no-ops. */
export function noOps(jobId: string): Job {
  const steps = Array.from({ length: STEPS }, (_none, stepIndex) => {
    return { stepIndex, stepType: "no_op", target: "", parameters: {}, timeoutSeconds: 30 };
  });
  return { jobId, contractId: "bench", executedBy: "bench", steps };
}
