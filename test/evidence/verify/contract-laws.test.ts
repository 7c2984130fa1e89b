import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { LogReport, RecordDraft, VerifyOptions } from "#evidence";
import { verifyBytes } from "../../../src/evidence/verify/verify-file.ts";
import {
  activated,
  completedContract,
  CONTRACT,
  CONTRACT_JOB,
  CONTRACT_PLAN_HASH,
  failedContract,
  REQUEST,
  rollback,
  rollout,
  submitted,
  transitioned,
  verdict,
} from "../support/contract-log.ts";
import { completed, created, draft, note, stepStarted } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { referenceLines, sha256 } from "../support/reference-format.ts";
import { anyContractLog } from "./support/any-contract-log.ts";
import { hashOf } from "./support/sealed-log.ts";

const linesOf = (records: readonly RecordDraft[]): readonly string[] => referenceLines(CONTRACT, records, eventIds());

const codes = ({ problems }: LogReport): readonly string[] => problems.map(({ code, seq }) => `${code} ${seq}`);
const bytesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(""));

/** Somebody has a receipt for the last line. */
function witness(lines: readonly string[]): VerifyOptions {
  return { expected: new Map([[lines.length - 1, hashOf(lines.at(-1))]]) };
}

/** `CODE seq` of each problem of a log of these records, whose chain holds. */
async function breaches(records: readonly RecordDraft[]): Promise<readonly string[]> {
  return codes(await verifyLines(linesOf(records)));
}

/** The records with something else in one place. */
function changed(records: readonly RecordDraft[], at: number, members: Partial<RecordDraft>): readonly RecordDraft[] {
  return records.map((record, place) => (place === at ? { ...record, ...members } : record));
}

const ended = completedContract();
const failed = failedContract();
/** Places in the log of a contract that is completed. */
const [VALIDATOR, VALIDATED, ELIGIBILITY, ELIGIBLE, APPROVED, ACTIVE, AUDIT, COMPLETED] = [1, 2, 3, 4, 5, 6, 7, 8];
const rejected = [...ended.slice(0, 3), transitioned("VALIDATED", "REJECTED", { version: 3, reason: "Not now." })];

describe("a log of what a contract can go through keeps the laws", () => {
  test.each<[string, readonly RecordDraft[], boolean]>([
    ["a draft", [submitted()], false],
    ["a contract that is being carried out", activated(), false],
    ["a contract that is completed", ended, true],
    ["a contract that has failed, and is undone", [...failed, rollback("STARTED"), rollback("COMPLETED")], true],
    ["a contract that is rolled out", [...ended, rollout("PLANNED"), rollout("INTERNAL")], true],
    ["a contract that is rejected", rejected, true],
    ["a draft that expires", [submitted(), transitioned("DRAFT", "EXPIRED", { version: 2 })], true],
    ["an audit that is made again", ended.toSpliced(AUDIT, 0, verdict("audit", "INCONCLUSIVE")), true],
    ["a verdict behind the end", [...failed, verdict("audit", "PASS", { job_id: CONTRACT_JOB })], true],
    ["checkpoints and a recovery before the end", ended.toSpliced(3, 0, note(1), draft("log.recovered")), true],
    [
      "a plan that is named again when it is activated",
      changed(ended, ACTIVE, { plan_hash: CONTRACT_PLAN_HASH }),
      true,
    ],
  ])("%s", async (_title, records, complete) => {
    const report = await verifyLines(linesOf(records));
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ ok: true, kind: "contract", runId: CONTRACT, complete, end: "unproven" });
    expect(report.contract?.isTerminal).toBe(complete);
  });

  /** Each state that can be left, with those that may follow it. */
  const followers: Readonly<Record<string, readonly string[]>> = {
    DRAFT: ["VALIDATED", "REJECTED", "EXPIRED"],
    VALIDATED: ["ELIGIBLE", "REJECTED", "EXPIRED"],
    ELIGIBLE: ["APPROVED", "REJECTED", "EXPIRED"],
    APPROVED: ["ACTIVE", "FAILED"],
    ACTIVE: ["COMPLETED", "FAILED"],
  };
  const all = [...Object.keys(followers), "COMPLETED", "FAILED", "REJECTED", "EXPIRED"];

  test.each(Object.keys(followers).flatMap((from) => all.map((to) => [from, to] as const)))(
    "a contract may go from %s to %s, if the table has it, and not else",
    async (from, to) => {
      const place = ended.findIndex(({ status }) => status === from);
      const version = Object.keys(followers).indexOf(from) + 2;
      const said = [...ended.slice(0, place + 1), transitioned(from, to, { version })];
      const isTold = (await breaches(said)).includes(`CONTRACT_STATE ${said.length - 1}`);
      expect(isTold).toBe(followers[from]?.includes(to) !== true);
    },
  );

  test("any way that a contract can go, with anything told beside it", async () => {
    await fc.assert(
      fc.asyncProperty(anyContractLog, async (records) => {
        const { problems } = await verifyLines(linesOf(records));
        expect(problems).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a log of a contract in which the chain holds breaks a law with", () => {
  const stepAt = { job_id: CONTRACT_JOB };

  test.each<[string, readonly RecordDraft[], readonly string[]]>([
    [
      "a beginning that is no draft",
      changed(ended, 0, { status: "APPROVED" }),
      ["CONTRACT_STATE 0", "CONTRACT_STATE 2"],
    ],
    ["a state that was left out", ended.toSpliced(ELIGIBLE, 1), ["CONTRACT_STATE 4", "CONTRACT_VERSION 4"]],
    [
      "a state that may not follow",
      [...ended.slice(0, 3), transitioned("VALIDATED", "FAILED", { version: 3, reason: "no" })],
      ["CONTRACT_STATE 3"],
    ],
    ["a state that is none", [submitted(), transitioned("DRAFT", "DONE", { version: 2 })], ["CONTRACT_STATE 1"]],
    [
      "a transition from another state",
      changed(ended, ELIGIBLE, { data: { version: 3, from: "DRAFT" } }),
      ["CONTRACT_STATE 4"],
    ],
    ["a transition that says no from", changed(ended, ELIGIBLE, { data: { version: 3 } }), ["CONTRACT_STATE 4"]],
    [
      "a version that was left out",
      changed(ended, COMPLETED, { data: { version: 7, from: "ACTIVE" } }),
      ["CONTRACT_VERSION 8"],
    ],
    ["a version twice", changed(ended, COMPLETED, { data: { version: 5, from: "ACTIVE" } }), ["CONTRACT_VERSION 8"]],
    [
      "a transition that says no version",
      changed(ended, COMPLETED, { data: { from: "ACTIVE" } }),
      ["CONTRACT_VERSION 8"],
    ],
    ["an approval by who has submitted it", changed(ended, APPROVED, { actor: "ada" }), ["CONTRACT_FOUR_EYES 5"]],
    ["the same in another spelling", changed(ended, APPROVED, { actor: " ＡDA" }), ["CONTRACT_FOUR_EYES 5"]],
    [
      "an approval by who the request is from",
      changed(changed(ended, 0, { actor: "portal" }), APPROVED, { actor: "ada" }),
      ["CONTRACT_FOUR_EYES 5"],
    ],
    ["an approval by nobody", changed(ended, APPROVED, { actor: " " }), ["CONTRACT_FOUR_EYES 5"]],
    ["an approval of no plan", changed(ended, APPROVED, { plan_hash: undefined }), ["CONTRACT_GROUND 5"]],
    ["another plan than the approved one", changed(ended, ACTIVE, { plan_hash: sha256("x") }), ["CONTRACT_GROUND 6"]],
    [
      "an activation without a job",
      changed(ended, ACTIVE, { job_id: undefined }),
      ["CONTRACT_GROUND 6", "CONTRACT_GROUND 8", "CONTRACT_VERDICT 8"],
    ],
    ["a job that another job completes", changed(ended, COMPLETED, { job_id: "other" }), ["CONTRACT_GROUND 8"]],
    ["a failure without a reason", changed(failed, COMPLETED, { reason: undefined }), ["CONTRACT_GROUND 8"]],
    ["a rejection for a blank reason", changed(rejected, 3, { reason: " " }), ["CONTRACT_GROUND 3"]],
    [
      "a request that is not the one of its hash",
      changed(ended, 0, { data: { request: REQUEST, request_hash: sha256("x") } }),
      ["CONTRACT_GROUND 0"],
    ],
    ["no request at all", changed(ended, 0, { data: {} }), ["CONTRACT_GROUND 0"]],
    ["no verdict of the validator", ended.toSpliced(VALIDATOR, 1), ["CONTRACT_VERDICT 1"]],
    [
      "a verdict behind its transition",
      ended.with(VALIDATOR, ended[VALIDATED] as RecordDraft).with(VALIDATED, ended[VALIDATOR] as RecordDraft),
      ["CONTRACT_VERDICT 1"],
    ],
    [
      "an eligibility of MAY_NOT",
      changed(ended, ELIGIBILITY, { status: "MAY_NOT" }),
      ["CONTRACT_VERDICT 4", "CONTRACT_VERDICT 5", "CONTRACT_VERDICT 6"],
    ],
    [
      "an approval over a MAY_NOT",
      ended.toSpliced(APPROVED, 0, verdict("eligibility", "MAY_NOT")),
      ["CONTRACT_VERDICT 6", "CONTRACT_VERDICT 7"],
    ],
    [
      "an activation over a MAY_NOT",
      ended.toSpliced(ACTIVE, 0, verdict("eligibility", "MAY_NOT")),
      ["CONTRACT_VERDICT 7"],
    ],
    ["a completion without an audit", ended.toSpliced(AUDIT, 1), ["CONTRACT_VERDICT 7"]],
    ["an audit that failed", changed(ended, AUDIT, { status: "FAIL" }), ["CONTRACT_VERDICT 8"]],
    ["an audit that could not tell", changed(ended, AUDIT, { status: "INCONCLUSIVE" }), ["CONTRACT_VERDICT 8"]],
    ["the audit of another job", changed(ended, AUDIT, { job_id: "other" }), ["CONTRACT_VERDICT 8"]],
    ["the audit of no job", changed(ended, AUDIT, { job_id: undefined }), ["CONTRACT_VERDICT 8"]],
    ["a PASS of another decider", changed(ended, AUDIT, { data: { decider: "validator" } }), ["CONTRACT_VERDICT 8"]],
    [
      "an audit that failed after it had passed",
      ended.toSpliced(COMPLETED, 0, verdict("audit", "FAIL", { job_id: CONTRACT_JOB })),
      ["CONTRACT_VERDICT 9"],
    ],
    ["a verdict of nobody", ended.toSpliced(2, 0, verdict("audit", "PASS", { data: {} })), ["CONTRACT_VERDICT 2"]],
    [
      "a verdict that says nothing",
      ended.toSpliced(2, 0, verdict("audit", "PASS", { status: undefined })),
      ["CONTRACT_VERDICT 2"],
    ],
    [
      "a transition behind its end",
      [...failed, transitioned("FAILED", "ACTIVE", { version: 7, job_id: CONTRACT_JOB })],
      ["CONTRACT_AFTER_END 9"],
    ],
    ["a checkpoint behind its end", [...ended, rollout("PLANNED"), note(1)], ["CONTRACT_AFTER_END 10"]],
    ["the end of a run", [...activated(), completed()], ["OTHER_KIND 7"]],
    ["a step of a job", [...activated(), stepStarted(0, stepAt)], ["OTHER_KIND 7"]],
    ["the start of a job, behind its end", [...ended, draft("job.started", stepAt)], ["OTHER_KIND 9"]],
    [
      "the gate of a job",
      [submitted(), draft("gate.opened"), draft("artifact.emitted")],
      ["OTHER_KIND 1", "OTHER_KIND 2"],
    ],
  ])("%s", async (_title, records, expected) => {
    expect(await breaches(records)).toEqual(expected);
  });

  test("a record of a contract in the log of a run is of another kind", async () => {
    const run = [created("run-1"), verdict("audit", "PASS"), rollback("STARTED")];
    const { problems } = await verifyLines(referenceLines("run-1", run, eventIds()));
    expect(problems.map(({ code, seq }) => `${code} ${seq}`)).toEqual(["OTHER_KIND 1", "OTHER_KIND 2"]);
  });

  test("laws that are broken leave the log whole, with its head", async () => {
    const lines = linesOf(changed(ended, APPROVED, { actor: "ada" }));
    const report = await verifyLines(lines);
    expect(report).toMatchObject({ ok: false, problemCount: 1, head: hashOf(lines[APPROVED - 1]), complete: true });
  });
});

describe("the first record", () => {
  test.each<[string, readonly RecordDraft[], readonly string[]]>([
    ["a second contract.submitted", [submitted(), submitted()], ["MALFORMED 1"]],
    ["a log that begins with a verdict", ended.slice(1), ["MALFORMED 0", "MALFORMED 0"]],
    ["a run.created in the log of a contract", [submitted(), created(CONTRACT)], ["OTHER_KIND 1"]],
    ["a contract.submitted in the log of a run", [created(CONTRACT), submitted()], ["OTHER_KIND 1"]],
    ["a log that does not say its form", [submitted({ schema: undefined })], ["MALFORMED 0"]],
    ["a log of another form", [submitted({ schema: "evidence/v2" })], ["MALFORMED 0"]],
    ["a record of another contract", changed(ended, 3, { contract_id: "contract-2" }), ["FOREIGN 3"]],
  ])("%s is named", async (_title, records, expected) => {
    expect(codes(await verifyLines(linesOf(records)))).toEqual(expected);
  });
});

describe("what a report says of a contract", () => {
  test("it names who submitted and approved it, its job and audit, and what was told behind its end", async () => {
    const report = await verifyLines(linesOf([...failed, rollback("COMPLETED"), rollout("NOT_VISIBLE")]));
    expect(report.contract).toEqual({
      state: "FAILED",
      version: 6,
      isTerminal: true,
      submittedBy: "ada",
      requestHash: (submitted().data as { readonly request_hash: string }).request_hash,
      approvedBy: "grace",
      planHash: CONTRACT_PLAN_HASH,
      jobId: CONTRACT_JOB,
      eligibility: "MAY",
      audit: { status: "FAIL", jobId: CONTRACT_JOB },
      rollback: "COMPLETED",
      rollout: "NOT_VISIBLE",
    });
    expect(report.planHash).toBe(CONTRACT_PLAN_HASH);
  });

  test("it says nothing of a contract for a run, and for a log whose laws are not looked at", async () => {
    const run = await verifyLines(referenceLines("run-1", [created("run-1")], eventIds()));
    expect(run).toMatchObject({ kind: "run", contract: undefined });
    expect(await verifyLines(linesOf(ended), { laws: false })).toMatchObject({ kind: "contract", contract: undefined });
  });

  test("the approved plan is compared with the one that is given, and only if there was an approval", async () => {
    const planHash = sha256("another plan");
    const report = await verifyLines(linesOf(ended), { planHash });
    expect(report.problems.map(({ code, seq }) => `${code} ${seq}`)).toEqual([`OTHER_PLAN ${APPROVED}`]);
    expect(await verifyLines(linesOf(ended), { planHash: CONTRACT_PLAN_HASH })).toMatchObject({
      ok: true,
      planCompared: true,
    });
    expect(await verifyLines(linesOf([submitted()]), { planHash })).toMatchObject({ ok: true, planCompared: false });
  });

  test("a receipt for its last line proves its end, unless the contract goes on", async () => {
    const [closed, open] = [linesOf(ended), linesOf(activated())];
    expect(await verifyLines(closed, witness(closed))).toMatchObject({ ok: true, end: "witnessed" });
    expect(await verifyLines(open, witness(open))).toMatchObject({ ok: true, end: "unproven" });
  });
});

describe("whatever log of a contract it is", () => {
  const logs = anyContractLog.map(linesOf);

  test("any bit that is flipped is found, and its line is the first that is named", async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(), fc.nat({ max: 7 }), async (lines, place, bit) => {
        const bytes = bytesOf(lines);
        const at = place % bytes.length;
        const line = bytes.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const { ok, problems } = await verifyBytes([bytes]);
        expect(ok).toBe(false);
        expect(problems[0]?.line).toBe(line);
      }),
      { numRuns: 400 },
    );
  });

  test("any two lines that are swapped, any that is dropped or stands twice, is found where it is", async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(), fc.nat(), async (lines, one, other) => {
        fc.pre(lines.length > 2);
        const [first = 0, second = 0] = [one % lines.length, other % lines.length].toSorted((a, b) => a - b);
        fc.pre(first !== second);
        const swapped = lines.with(first, lines[second] ?? "").with(second, lines[first] ?? "");
        const told = witness(lines);
        expect((await verifyLines(swapped, told)).problems[0]?.seq).toBe(first);
        expect((await verifyLines(lines.toSpliced(first, 1), told)).problems[0]?.seq).toBe(first);
        expect((await verifyLines(lines.toSpliced(first, 0, lines[first] ?? ""))).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("a cut is found by the receipt for the last line, and without one the log is not longer called what it was", async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(), async (lines, place) => {
        const size = place % lines.length;
        const whole = await verifyLines(lines);
        const told = witness(lines);
        const cut = await verifyLines(lines.slice(0, size), told);
        expect(cut.problems).toMatchObject([{ code: "TRUNCATED", seq: size }]);
        expect((await verifyLines(lines.slice(0, size))).head).not.toBe(whole.head);
        const torn = bytesOf(lines).subarray(0, -(1 + (place % 40)));
        expect((await verifyBytes([torn])).problems.at(-1)).toMatchObject({ code: "TORN_TAIL", seq: lines.length - 1 });
      }),
      { numRuns: 200 },
    );
  });
});
