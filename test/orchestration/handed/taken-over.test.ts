import { expect, test } from "vitest";
import type { EvidenceStore } from "#evidence";
import { createRunRunner, Machine, recoverRuns } from "#orchestration";
import { Fault } from "#model";
import { accept, jobWith } from "../../worker/support/handed-jobs.ts";
import { atRest, declaredJob, eagerClock, submitted } from "../run/support/run-bench.ts";
import { stepType } from "../support/bench.ts";
import { boundMethods } from "../support/bound-methods.ts";
import { newMemory } from "./support/memory-with-workers.ts";

/** A store in memory, as one that several share, whose logs under these ids cannot be read. */
async function sharedWithThree(
  unreadable: Readonly<Record<string, Fault>>,
): Promise<{ readonly store: EvidenceStore; readonly given: readonly string[] }> {
  const memory = newMemory();
  for (const runId of ["one", "two", "three"]) await accept(memory, jobWith(runId, [["test.act", {}]]));
  const given: string[] = [];
  const store: EvidenceStore = {
    ...boundMethods(memory),
    halted: undefined,
    epochOf: () => "1",
    takeOver: async () => await memory.openRuns(),
    read: async (runId, ...rest) => {
      if (unreadable[runId] !== undefined) throw unreadable[runId];
      return await memory.read(runId, ...rest);
    },
    release: async (runId) => void given.push(`${runId} released`),
    rest: async (runId) => void given.push(`${runId} rests`),
  };
  return { store, given };
}

test("P5 a log that does not hold stands in the way of no other run that is taken over, and is left to a person", async () => {
  const broken = new Fault("EVIDENCE_BROKEN", "line 2 does not hold");
  const { store, given } = await sharedWithThree({ two: broken });
  const recovered = await recoverRuns(store, eagerClock(), { drives: true });
  expect(recovered.jobs.map(({ jobId }) => jobId)).toEqual(["one", "three"]);
  expect(recovered.problems).toEqual([{ runId: "two", error: broken }]);
  expect(given).toEqual(["two rests"]);
});

test("what was recovered before the store went away is told, and the rest is given up", async () => {
  const { store, given } = await sharedWithThree({ two: new Fault("STORE_UNAVAILABLE", "away") });
  const recovered = await recoverRuns(store, eagerClock(), { drives: true });
  expect(recovered.jobs.map(({ jobId }) => jobId)).toEqual(["one"]);
  expect(given).toEqual(["two released", "three released"]);
});

test("P2 nothing is said of a taken-over run that a call has taken into this process's hands meanwhile", async () => {
  const { store } = await sharedWithThree({});
  const recovered = await recoverRuns(store, eagerClock(), { drives: true, isHere: (runId) => runId === "two" });
  expect(recovered.jobs.map(({ jobId }) => jobId)).toEqual(["one", "three"]);
  expect(await store.head("two")).toMatchObject({ size: 2 });
});

test("a run that breaks while its job has the slot of a key gives the slot back to others", async () => {
  const memory = newMemory();
  const store: EvidenceStore = {
    ...boundMethods(memory),
    halted: undefined,
    append: async (runId, at, drafts) => {
      if (runId === "broken" && drafts.some(({ event_type: type }) => type === "step.started"))
        throw new Fault("RUN_FENCED", "somebody else has it");
      return await memory.append(runId, at, drafts);
    },
  };
  const clock = eagerClock();
  const act = stepType("test.act", () => ({ success: true, output: null }));
  const machine = new Machine({ store, stepTypes: [act] });
  const runs = createRunRunner({ store, clock, machine, newRunId: () => "run", chance: () => 0.5, drivesOn: true });
  const plan = submitted([declaredJob("job", { concurrency: { key: "db", max: 1 } })]);
  const broken = runs.create(plan, { runId: "broken", actor: "ada", reason: "a test" });
  await expect(broken).rejects.toMatchObject({ code: "RUN_FENCED" });
  await runs.create(plan, { runId: "next", actor: "ada", reason: "a test" });
  expect(await atRest(runs, "next")).toMatchObject({ status: "succeeded" });
});
