import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { StepHandler } from "#effects";
import type { EvidenceStore, Signer } from "#evidence";
import { createSqliteStore, judgeEnvelope, readEnvelope, readStatement, Sealer } from "#evidence";
import { MerkleTree } from "../../../src/evidence/merkle.ts";
import { heldStore, memoryStore } from "../../support/evidence-store.ts";
import { jobOf } from "../../support/job.ts";
import { runnerOver } from "../../support/runner.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { resumed } from "../support/drafts.ts";
import { memorySigner } from "../support/signer.ts";
import { about, begun, end, failing, PLAN_RUN, whole } from "../verify/support/plan-run.ts";

const SEAL = (directory: string, jobId: string): string => join(directory, "runs", jobId, "seal.dsse.json");

async function scratch(): Promise<string> {
  const directory = await scratchDirectory();
  onTestFinished(() => directory[Symbol.asyncDispose]());
  return directory.path;
}

function sqliteStore(directory: string): EvidenceStore {
  let ids = 0;
  const store = createSqliteStore(directory, { newEventId: () => `event-${(ids += 1)}` });
  onTestFinished(() => store.close());
  return store;
}

function sealerOver(store: EvidenceStore, signer: Signer, directory?: string): Sealer & { problems: unknown[] } {
  const problems: unknown[] = [];
  const onProblem = (_run: string, error: unknown): void => void problems.push(error);
  const place = directory === undefined ? {} : { directory: join(directory, "runs") };
  return Object.assign(new Sealer({ store, signer, ...place, onProblem }), { problems });
}

/** Runs a job of three steps of which the second fails, if it should. */
async function run(store: EvidenceStore, jobId: string, fails = false): Promise<void> {
  const handler: StepHandler = {
    execute: (_parameters, { stepIndex }) =>
      Promise.resolve(
        fails && stepIndex === 1
          ? { success: false, output: null, error: "no" }
          : { success: true, output: { at: stepIndex } },
      ),
  };
  const { result } = await runnerOver(store, handler).submit(jobOf(3, { jobId }));
  await result;
}

async function textOf(store: EvidenceStore, runId: string): Promise<readonly string[]> {
  return (await store.read(runId, -1, 1000)).map(({ line }) => line);
}

test("a seal says of a run what its log says, and is signed", async () => {
  const [store, signer] = [memoryStore(), memorySigner("ed25519")];
  await run(store, "failing", true);
  const envelope = readEnvelope(await sealerOver(store, signer).seal("failing"));
  expect(judgeEnvelope(envelope, [signer.publicKey]).verdict).toBe("valid");
  const lines = await textOf(store, "failing");
  const tree = new MerkleTree();
  for (const line of lines) tree.add(line);
  const statement = readStatement(Buffer.from(envelope.payload, "base64"));
  expect(statement.subject).toEqual([
    {
      name: "events.jsonl",
      digest: {
        sha256: createHash("sha256")
          .update(`${lines.join("\n")}\n`)
          .digest("hex"),
      },
    },
  ]);
  expect(statement.predicate).toMatchObject({
    run_id: "failing",
    status: "failed",
    reason: "Step 1 failed: no",
    size: lines.length,
    head: (await store.head("failing"))?.hash,
    merkle_root: tree.root().toString("base64url"),
    counts: { declared: 3, started: 2, succeeded: 1, failed: 1, in_doubt: 0, checkpoints: 0 },
  });
  expect(statement.predicate.steps.map(({ step_index: index, status, attempt }) => [index, status, attempt])).toEqual([
    [0, "succeeded", 0],
    [1, "failed", 0],
  ]);
  for (const step of statement.predicate.steps) {
    const { seq, hash, event_type: type } = JSON.parse(lines[step.ended_seq] ?? "") as Record<string, unknown>;
    expect([seq, hash, type]).toEqual([step.ended_seq, step.hash, `step.${step.status}`]);
    expect(JSON.parse(lines[step.started_seq ?? -1] ?? "")).toMatchObject({ event_type: "step.started" });
  }
});

test("a seal made with Ed25519 is a function of log and key alone: the same bytes every time", async () => {
  const [store, signer] = [memoryStore(), memorySigner("ed25519")];
  await run(store, "twice");
  const [one, other] = [sealerOver(store, signer), sealerOver(store, signer)];
  expect(await one.seal("twice")).toBe(await other.seal("twice"));
});

test("a run that has not ended, or that there is none of, is not sealed", async () => {
  const [store, signer] = [memoryStore(), memorySigner("ed25519")];
  await store.append("open", 0, [
    { event_type: "run.created", timestamp_utc: "2026-01-04T00:00:00.000Z", actor: "tester", attempt: 0 },
  ]);
  const sealer = sealerOver(store, signer);
  await expect(sealer.seal("open")).rejects.toMatchObject({ code: "RUN_OPEN" });
  await expect(sealer.seal("never")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
});

test("a log whose chain is broken is not sealed", async () => {
  const [store, signer] = [memoryStore(), memorySigner("ed25519")];
  await run(store, "changed");
  const read: EvidenceStore["read"] = async (...range) =>
    (await store.read(...range)).map((stored) =>
      stored.record.seq === 4 ? { ...stored, line: stored.line.replace("tester", "texter") } : stored,
    );
  const changing = Object.assign(heldStore(), { read, head: store.head.bind(store) });
  await expect(sealerOver(changing, signer).seal("changed")).rejects.toMatchObject({
    code: "EVIDENCE_BROKEN",
    message: expect.stringContaining("Record 4") as string,
  });
});

test("runs that ended are sealed behind the work, into a file beside their log", async () => {
  const directory = await scratch();
  const [store, signer] = [sqliteStore(directory), memorySigner("ed25519")];
  const sealer = sealerOver(store, signer, directory);
  for (const jobId of ["a", "b", "c"]) {
    await run(store, jobId);
    sealer.sealSoon(jobId);
  }
  await sealer.close();
  for (const jobId of ["a", "b", "c"]) {
    const text = readFileSync(SEAL(directory, jobId), "utf8");
    expect(judgeEnvelope(readEnvelope(text), [signer.publicKey]).verdict).toBe("valid");
  }
  expect(sealer.problems).toEqual([]);
});

test("a start seals what ended without, and makes a seal anew that was cut or is of another log", async () => {
  const directory = await scratch();
  const [store, signer] = [sqliteStore(directory), memorySigner("ed25519")];
  for (const jobId of ["a", "b", "c", "d"]) await run(store, jobId);
  const first = sealerOver(store, signer, directory);
  const texts = new Map<string, string>();
  for (const jobId of ["a", "b", "c", "d"]) texts.set(jobId, await first.seal(jobId));
  rmSync(SEAL(directory, "b"));
  writeFileSync(SEAL(directory, "c"), (texts.get("c") ?? "").slice(0, 100));
  writeFileSync(SEAL(directory, "d"), texts.get("a") ?? "");
  const sealed = await sealerOver(store, signer, directory).mend();
  expect(sealed.toSorted()).toEqual(["b", "c", "d"]);
  for (const [jobId, text] of texts) expect(readFileSync(SEAL(directory, jobId), "utf8")).toBe(text);
});

test("a start looks no further back than all runs are known to be sealed", async () => {
  const directory = await scratch();
  const [store, signer] = [sqliteStore(directory), memorySigner("ed25519")];
  for (const jobId of ["old", "newer", "newest"]) await run(store, jobId);
  expect(await sealerOver(store, signer, directory).mend()).toHaveLength(3);
  rmSync(SEAL(directory, "old"));
  rmSync(SEAL(directory, "newest"));
  expect(await sealerOver(store, signer, directory).mend()).toEqual(["newest"]);
});

test("a signer that does not sign leaves its runs to the next start, and says so", async () => {
  const directory = await scratch();
  const [store, signer] = [sqliteStore(directory), memorySigner("ed25519")];
  const silent: Signer = { ...signer, sign: () => Promise.reject(new Error("gone")) };
  const sealer = sealerOver(store, silent, directory);
  await run(store, "waits");
  sealer.sealSoon("waits");
  await sealer.close();
  expect(sealer.problems).toEqual([new Error("gone")]);
  expect(existsSync(SEAL(directory, "waits"))).toBe(false);
  expect(await sealerOver(store, signer, directory).mend()).toEqual(["waits"]);
});

const FAILED = [...begun([{ key: "a" }, { key: "b" }]), ...failing("a"), about("job.skipped", "b"), end("failed")];
const AGAIN = [resumed(), ...whole("a", { attempt: 1 }), about("run.override_applied", "b", { status: "succeeded" })];

async function failedRun(store: EvidenceStore): Promise<void> {
  await store.append(PLAN_RUN, 0, FAILED);
}

/** The run is opened again, and ends. */
async function goOn(store: EvidenceStore): Promise<void> {
  await store.append(PLAN_RUN, FAILED.length, [...AGAIN, end("succeeded")]);
}

const predicateOf = (text: string) => readStatement(Buffer.from(readEnvelope(text).payload, "base64")).predicate;

test("a run that goes on after it was sealed is sealed anew when it ends again, and the new seal tells of the first end", async () => {
  const directory = await scratch();
  const [store, signer] = [sqliteStore(directory), memorySigner("ed25519")];
  const sealer = sealerOver(store, signer, directory);
  await failedRun(store);
  const first = await sealer.seal(PLAN_RUN);
  expect(predicateOf(first)).toMatchObject({ status: "failed", size: FAILED.length });
  expect(predicateOf(first).earlier_ends).toBeUndefined();
  await store.append(PLAN_RUN, FAILED.length, AGAIN);
  await expect(sealer.seal(PLAN_RUN)).rejects.toMatchObject({ code: "RUN_OPEN" });
  await store.append(PLAN_RUN, FAILED.length + AGAIN.length, [end("succeeded")]);
  sealer.sealSoon(PLAN_RUN);
  await sealer.close();
  const text = readFileSync(SEAL(directory, PLAN_RUN), "utf8");
  expect(predicateOf(text)).toMatchObject({
    status: "succeeded",
    size: FAILED.length + AGAIN.length + 1,
    head: (await store.head(PLAN_RUN))?.hash,
    earlier_ends: [{ size: FAILED.length, head: predicateOf(first).head }],
  });
  expect(sealer.problems).toEqual([]);
});

test("a seal of the run of a plan tells of each job its attempts and what became of it, and counts the steps of all attempts", async () => {
  const [store, signer] = [memoryStore(), memorySigner("ed25519")];
  const sealer = sealerOver(store, signer);
  await failedRun(store);
  expect(predicateOf(await sealer.seal(PLAN_RUN)).jobs).toEqual([
    { key: "a", attempts: 1, status: "failed" },
    { key: "b", attempts: 0, status: "skipped" },
  ]);
  await goOn(store);
  const { jobs, counts } = predicateOf(await sealer.seal(PLAN_RUN));
  expect(jobs).toEqual([
    { key: "a", attempts: 2, status: "succeeded" },
    { key: "b", attempts: 0, status: "succeeded", marked: true },
  ]);
  expect(counts).toMatchObject({ declared: 2, started: 2, succeeded: 1, failed: 1 });
});

test("a seal of a run of one job says what it always said, so that one that is made again is the same", async () => {
  const [store, signer] = [memoryStore(), memorySigner("ed25519")];
  await run(store, "direct");
  const said = Object.keys(predicateOf(await sealerOver(store, signer).seal("direct")));
  expect(said).not.toContain("jobs");
  expect(said).not.toContain("earlier_ends");
});

test("a start seals anew what was opened again and ended, although newer runs are known to be sealed", async () => {
  const directory = await scratch();
  const [store, signer] = [sqliteStore(directory), memorySigner("ed25519")];
  await failedRun(store);
  for (const jobId of ["newer", "newest"]) await run(store, jobId);
  expect(await sealerOver(store, signer, directory).mend()).toHaveLength(3);
  await goOn(store); // the process dies before the new seal is made
  expect(await sealerOver(store, signer, directory).mend()).toEqual([PLAN_RUN]);
  expect(predicateOf(readFileSync(SEAL(directory, PLAN_RUN), "utf8"))).toMatchObject({ status: "succeeded" });
  expect(await sealerOver(store, signer, directory).mend()).toEqual([]);
});

/** A signer whose first signature waits until it may be made. */
function slowAtFirst(signer: Signer) {
  const asked = Promise.withResolvers<void>();
  const maySign = Promise.withResolvers<void>();
  let signatures = 0;
  const sign: Signer["sign"] = async (bytes) => {
    signatures += 1;
    if (signatures > 1) return await signer.sign(bytes);
    asked.resolve();
    await maySign.promise;
    return await signer.sign(bytes);
  };
  return { slow: { ...signer, sign }, asked: asked.promise, release: maySign.resolve };
}

test("a run that is opened again while its seal is made is sealed when it ends again", async () => {
  const directory = await scratch();
  const [store, { slow, asked, release }] = [sqliteStore(directory), slowAtFirst(memorySigner("ed25519"))];
  await failedRun(store);
  const sealer = sealerOver(store, slow, directory);
  sealer.sealSoon(PLAN_RUN);
  await asked;
  await goOn(store);
  sealer.sealSoon(PLAN_RUN);
  release();
  await sealer.close();
  expect(predicateOf(readFileSync(SEAL(directory, PLAN_RUN), "utf8"))).toMatchObject({ status: "succeeded" });
  expect(sealer.problems).toEqual([]);
});

test("a seal that was long in the making is not put over the newer one, which is given in its place", async () => {
  const directory = await scratch();
  const [store, { slow, asked, release }] = [sqliteStore(directory), slowAtFirst(memorySigner("ed25519"))];
  await failedRun(store);
  const sealer = sealerOver(store, slow, directory);
  const older = sealer.seal(PLAN_RUN);
  await asked;
  await goOn(store);
  const newer = await sealer.seal(PLAN_RUN);
  release();
  expect(await older).toBe(newer);
  expect(readFileSync(SEAL(directory, PLAN_RUN), "utf8")).toBe(newer);
});

test("a run that is open again when its seal is due is no problem: it is sealed at its end", async () => {
  const directory = await scratch();
  const [store, signer] = [sqliteStore(directory), memorySigner("ed25519")];
  const sealer = sealerOver(store, signer, directory);
  await failedRun(store);
  sealer.sealSoon(PLAN_RUN);
  await store.append(PLAN_RUN, FAILED.length, AGAIN);
  await sealer.close();
  expect(sealer.problems).toEqual([]);
});
