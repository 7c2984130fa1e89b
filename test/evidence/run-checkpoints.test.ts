import { expect, test } from "vitest";
import type { StepHandler } from "#effects";
import type { EvidenceRecord, EvidenceStore, Signer } from "#evidence";
import { judgeCheckpoint, verifyLines } from "#evidence";
import { createJobRunner } from "#orchestration";
import { ManualClock } from "../support/clock.ts";
import { memoryStore } from "../support/evidence-store.ts";
import { jobOf } from "../support/job.ts";
import { memorySigner } from "./support/signer.ts";

interface Signing {
  readonly signer?: Signer;
  readonly problems?: unknown[];
  readonly clock?: ManualClock;
  readonly handler?: StepHandler;
}

const SUCCEEDS: StepHandler = { execute: () => Promise.resolve({ success: true, output: null }) };

/** Runs a job of so many steps and gives back its records. */
async function run(store: EvidenceStore, steps: number, signing: Signing): Promise<readonly EvidenceRecord[]> {
  const { signer = memorySigner("ed25519"), problems = [], clock = new ManualClock(), handler = SUCCEEDS } = signing;
  const onProblem = (_run: string, error: unknown): void => void problems.push(error);
  const stepTypes = [{ name: "act", handler, checkParameters: () => [], parametersSchema: {} }];
  const runner = createJobRunner({ store, clock, stepTypes, maxActiveJobs: 1, checkpoints: { signer, onProblem } });
  const { runId, result } = await runner.submit(jobOf(steps));
  expect((await result).finalStatus).toBe("COMPLETED");
  const records: EvidenceRecord[] = [];
  for await (const batch of store.tail(runId, -1)) records.push(...batch.map(({ record }) => record));
  return records;
}

test("a long run has a signed checkpoint for every thousand records, of the lines before it", async () => {
  const [store, signer] = [memoryStore(), memorySigner("ed25519")];
  const records = await run(store, 1600, { signer });
  const checkpoints = records.filter(({ event_type: type }) => type === "log.checkpoint");
  expect(checkpoints).toHaveLength(3);
  for (const { run_id: runId, seq, data } of checkpoints) {
    expect(data).toMatchObject({ size: seq, head: records[seq - 1]?.hash, keyid: signer.keyId });
    expect(judgeCheckpoint(runId, data, [signer.publicKey])).toBe("valid");
    expect(judgeCheckpoint("another", data, [signer.publicKey])).toBe("bad_signature");
    expect(judgeCheckpoint(runId, { ...data, size: seq - 1 }, [signer.publicKey])).toBe("bad_signature");
    expect(judgeCheckpoint(runId, data, [memorySigner("ed25519").publicKey])).toBe("unknown_key");
    expect(judgeCheckpoint(runId, { ...data, more: true }, [signer.publicKey])).toBe("malformed");
  }
  const lines = records.map((record) => JSON.stringify(record));
  expect(await verifyLines(lines)).toMatchObject({ ok: true, complete: true });
});

test("a slow run has a checkpoint every ten seconds in which there was a record", async () => {
  const clock = new ManualClock();
  const handler: StepHandler = {
    execute: () => {
      clock.hold(6000);
      return Promise.resolve({ success: true, output: null });
    },
  };
  const records = await run(memoryStore(), 5, { clock, handler });
  const checkpoints = records.filter(({ event_type: type }) => type === "log.checkpoint");
  expect(checkpoints.map(({ step_index: step, timestamp_utc: at }) => [step, at])).toEqual([
    [undefined, "2026-01-04T00:00:12.000Z"],
    [undefined, "2026-01-04T00:00:24.000Z"],
  ]);
});

test("a short run has none: its seal says all", async () => {
  const records = await run(memoryStore(), 10, {});
  expect(records.filter(({ event_type: type }) => type === "log.checkpoint")).toEqual([]);
});

test("a signer that does not sign is told of, and the run goes on without a checkpoint", async () => {
  const problems: unknown[] = [];
  const signer: Signer = { ...memorySigner("ed25519"), sign: () => Promise.reject(new Error("gone")) };
  const records = await run(memoryStore(), 1100, { signer, problems });
  expect(problems).toEqual([new Error("gone"), new Error("gone")]);
  expect(records.filter(({ event_type: type }) => type === "log.checkpoint")).toEqual([]);
});
