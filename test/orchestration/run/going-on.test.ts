import { expect, test } from "vitest";
import { createMemoryStore, verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import type { JobDeclaration } from "#model";
import { recoverRuns } from "#orchestration";
import { resumeInterrupted } from "../../../src/main/recovered-runs.ts";
import { linesOf, wholeLog } from "../../evidence/support/logs.ts";
import { atRest, createRunBench, declaredJob, eagerClock, submitted } from "./support/run-bench.ts";
import type { Script } from "./support/run-bench.ts";

const ASKED = { actor: "ada", reason: "a test" };
const GATED = declaredJob("gated", { gate: "manual" });
const RESUME = { ...ASKED, failedOnly: false, rerun: [], force: false };

function scriptOfCrash(key: string): Script {
  if (key.includes("/stopper/")) return "permanent";
  return key.includes("/doubtful/") ? "hang" : key.endsWith("/waiting/0/0") ? "transient_io" : "ok";
}

interface Left {
  readonly store: EvidenceStore;
  readonly runId: string;
}

/** What a crash leaves of a run: `doubtful` runs, `waiting` waits for its next attempt, and perhaps a gate is open. */
async function leftByACrash(others: readonly JobDeclaration[] = []): Promise<Left> {
  await using bench = createRunBench(scriptOfCrash);
  const { runId } = await bench.runner.create(
    submitted([declaredJob("doubtful"), declaredJob("waiting", { retry: { maxAttempts: 3 } }), ...others]),
    ASKED,
  );
  await bench.entered("run-1/doubtful/0/0");
  const failing = others.filter(({ key }) => key === "stopper").length;
  let log = await wholeLog(bench.store, runId);
  const count = (type: string): number => log.filter(({ record }) => record.event_type === type).length;
  while (count("job.retried") < 1 || count("job.failed") < 1 + failing) {
    await new Promise((resolve) => setImmediate(resolve));
    log = await wholeLog(bench.store, runId);
  }
  const end = log.findLastIndex(({ record }) => /^job\.(failed|retried)$/.test(record.event_type));
  return { store: await cutOff(log.slice(0, end + 1)), runId };
}

/** What a crash leaves of a run right after an attempt at a job was begun, with no step of it started. */
async function leftAtTheStartOf(key: string, jobs: readonly JobDeclaration[]): Promise<Left> {
  await using bench = createRunBench();
  const { runId } = await bench.runner.create(submitted(jobs), ASKED);
  await atRest(bench.runner, runId);
  const log = await wholeLog(bench.store, runId);
  const opening = log.findLastIndex(({ record }) => record.event_type === "gate.opened");
  const started = log.findIndex(({ record }) => record.event_type === "job.started" && record.job_key === key);
  return { store: await cutOff(log.slice(0, Math.max(opening, started) + 1)), runId };
}

/** A store with these records and no others, after the start that finds them. */
async function cutOff(log: Awaited<ReturnType<typeof wholeLog>>): Promise<EvidenceStore> {
  let ids = 0;
  const store = createMemoryStore({ newEventId: () => `left-${(ids += 1)}` });
  for (const { record } of log) {
    const { event_id: _event, run_id: runId, seq, hash: _hash, outputs_hash: _outputs, ...draft } = record;
    await store.append(runId, seq, [draft]);
  }
  await recoverRuns(store, eagerClock());
  return store;
}

test("a word at a gate lets a run go on that was cut off while a job waited for its next attempt", async () => {
  const { store, runId } = await leftByACrash([GATED]);
  await using bench = createRunBench(() => "ok", { store });
  expect(await bench.runner.get(runId)).toMatchObject({ status: "blocked" });
  await bench.runner.approve({ runId, jobKey: "gated", actor: "bo", reason: "fine" });
  // It comes to its rest again: whoever answers for the job in doubt finds nobody driving.
  expect(await atRest(bench.runner, runId)).toMatchObject({ status: "blocked" });
  await bench.runner.resume(runId, { ...RESUME, rerun: ["doubtful"] });
  expect(await atRest(bench.runner, runId)).toMatchObject({ status: "succeeded" });
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ problems: [] });
}, 10_000);

test("a resume from one job on comes to its end although another job waited for its next attempt", async () => {
  const { store, runId } = await leftByACrash();
  await using bench = createRunBench(() => "ok", { store });
  await bench.runner.resume(runId, { ...RESUME, rerun: ["doubtful"], fromJob: "doubtful" });
  expect(await atRest(bench.runner, runId)).toMatchObject({
    status: "failed",
    jobs: [{ status: "succeeded" }, { status: "failed" }],
  });
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ problems: [] });
}, 10_000);

test("a word at a gate that comes before the resume of a start does not fail what was cut off", async () => {
  const { store, runId } = await leftAtTheStartOf("cut", [declaredJob("cut"), GATED]);
  await using bench = createRunBench(() => "ok", { store });
  await bench.runner.approve({ runId, jobKey: "gated", actor: "bo", reason: "fine" });
  expect(await atRest(bench.runner, runId)).toMatchObject({
    status: "succeeded",
    jobs: [{ status: "succeeded", attempt: 1 }, { status: "succeeded" }],
  });
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ problems: [] });
}, 10_000);

test("a wait for the next attempt is kept although the run rested for a failure that somebody answered for", async () => {
  const second = declaredJob("second", { gate: "manual" });
  const { store, runId } = await leftByACrash([GATED, second, declaredJob("stopper")]);
  await using bench = createRunBench(() => "ok", { store });
  const word = { runId, actor: "bo", reason: "fine" };
  await bench.runner.approve({ ...word, jobKey: "gated" });
  expect(await atRest(bench.runner, runId)).toMatchObject({ status: "blocked" });
  expect(bench.effects).toEqual([]); // the failure has stopped the run
  await bench.runner.markSucceeded({ ...word, jobKey: "stopper" });
  await bench.runner.approve({ ...word, jobKey: "second" });
  const { status, jobs } = await atRest(bench.runner, runId);
  expect(status).toBe("blocked");
  expect(jobs.map((job) => job.status)).toEqual(["in_doubt", ...jobs.slice(1).map(() => "succeeded")]);
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ problems: [] });
}, 10_000);

test("a start goes on with what the last resume asked for, and with nothing else", async () => {
  await using first = createRunBench((key) => (key.endsWith("/asked/0/0") ? "permanent" : "hang"));
  const { runId } = await first.runner.create(
    submitted([declaredJob("asked", { recovery: "rerun" }), declaredJob("other")]),
    ASKED,
  );
  await first.entered("run-1/other/0/0");
  while ((await first.runner.get(runId)).jobs[0]?.status !== "failed")
    await new Promise((resolve) => setImmediate(resolve));
  await first.runner.drain({ graceMs: 1 }); // the other job is cut off, and the run has failed
  expect(await atRest(first.runner, runId)).toMatchObject({ status: "failed" });
  await first.again().resume(runId, { ...RESUME, fromJob: "asked" });
  await first.entered("run-1/asked/1/0");
  await using second = createRunBench(() => "ok", { store: first.store });
  await resumeInterrupted(await recoverRuns(first.store, eagerClock()), second.runner, () => undefined);
  expect(await atRest(second.runner, runId)).toMatchObject({
    status: "failed",
    jobs: [{ status: "succeeded" }, { status: "failed", attempt: 0 }],
  });
  expect(second.effects).toEqual(["run-1/asked/2/0"]);
  expect(await verifyLines(await linesOf(first.store, runId), { runId })).toMatchObject({ problems: [] });
}, 10_000);

test("a start ends a run whose last resume had done all that it asked for when the process ended", async () => {
  await using first = createRunBench((key) =>
    key.includes("/asked/0/") || key.includes("/other/") ? "permanent" : "ok",
  );
  const { runId } = await first.runner.create(
    submitted([declaredJob("asked", { continueOnError: true }), declaredJob("other")]),
    ASKED,
  );
  await atRest(first.runner, runId);
  await first.runner.resume(runId, { ...RESUME, fromJob: "asked" });
  await atRest(first.runner, runId);
  const log = await wholeLog(first.store, runId);
  expect(log.at(-1)?.record).toMatchObject({ event_type: "run.completed" });
  const store = await cutOff(log.slice(0, -1));
  await using second = createRunBench(() => "ok", { store });
  await resumeInterrupted(await recoverRuns(store, eagerClock()), second.runner, () => undefined);
  expect(await atRest(second.runner, runId)).toMatchObject({
    status: "failed",
    jobs: [{ status: "succeeded" }, { status: "failed" }],
  });
  expect(second.effects).toEqual([]);
}, 10_000);
