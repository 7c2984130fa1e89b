import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const TESTS = "orchestration/contracts/contract-keeper orchestration/contracts/contract-ends";

const at =
  (file: string, breaks: string) =>
  (name: string, change: Change | readonly Change[]): Mutant =>
    mutant(name, breaks, { file: `src/orchestration/contracts/${file}.ts`, change, tests: TESTS });

const [carrying, undoing] = [at("carry-out", "P5"), at("undoing-plan", "P2")];
const [granting, taking, keeping] = [at("authority", "P5"), at("intake", "P2"), at("contract-keeper", "P5")];

/** Mistakes in what keeps contracts: what is taken in, what may run, and how each comes to its end. */
export const CONTRACT_KEEPER_MUTANTS: readonly Mutant[] = [
  carrying("contract-whose-audit-failed-is-not-put-back", [
    'if (contract.state === "ACTIVE") record = await this.#undo(record);',
    'if (contract.state === "DRAFT") record = await this.#undo(record);',
  ]),
  carrying("contract-is-called-put-back-by-the-jobs-word", [
    'result.finalStatus === "COMPLETED" && left.length === 0;',
    'result.finalStatus === "COMPLETED";',
  ]),
  carrying("contract-tells-of-its-undoing-twice", ["if (seen.rollback?.jobId === jobId) return;", ""]),
  carrying("contract-is-undone-although-nobody-is-sure", [
    'contract.state === "ACTIVE" && verdicts.audit?.decision === "INCONCLUSIVE"',
    'contract.state === "DRAFT" && verdicts.audit?.decision === "INCONCLUSIVE"',
  ]),
  carrying("contract-takes-its-submitters-word-about-the-audit", [
    'if (answer.verdict === "REFUSED") throw refusal(answer);',
    'if (answer.verdict === "REFUSED") return await this.#record(seen, { facts: {}, verdict: { ...found, verdict: "PASS" }, ...word });',
  ]),
  carrying("contract-whose-audit-is-over-takes-a-word", [
    'if (contract.state !== "ACTIVE" || verdicts.audit === undefined) {',
    "if (verdicts.audit === undefined) {",
  ]),
  undoing("undoing-ends-with-the-process-that-began-it", ['type === "log.recovered" || ', ""]),
  undoing("undoing-that-was-cancelled-is-given-up", [' || (type === "job.failed" && status === "CANCELLED")', ""]),
  undoing("undoing-begins-with-what-is-undone", ["!undone.has(index)", "undone.has(index)"]),
  at("contract-job", "P2")("second-undoing-has-the-id-of-the-first", ['${attempt === 1 ? "" : `-${attempt}`}', ""]),
  at("unrestored", "P5")("undoing-overlooks-what-nobody-has-changed", ["change.by === null || ", ""]),
  granting("job-runs-before-its-contract-is-active", ['if (state !== "ACTIVE") {', 'if (state === "REJECTED") {']),
  granting("job-of-another-id-runs-under-a-contract", [
    "if (jobId !== expected) return",
    "if (jobId === undefined) return",
  ]),
  granting("job-with-other-steps-runs-under-a-contract", [" || planHash !== plan.planHash", ""]),
  at("audit-facts", "P5")("audit-believes-the-name-of-a-job-on-any-key", [" && record.target === key", ""]),
  taking("request-is-taken-for-another-of-its-reference", [
    "if (record.requestHash === requestHash) return",
    'if (record.requestHash !== "") return',
  ]),
  taking("request-of-another-source-is-taken-for-the-first", [
    "canonicalJson([source, reference])",
    "canonicalJson([reference])",
  ]),
  taking("request-is-not-counted", ["rates.take(request.source);", ""]),
  taking("request-that-may-not-goes-on", [
    'if (verdict.decision === "MAY_NOT") return records.reject(verdict.reason);',
    "",
  ]),
  at("request-rates", "P5")("requests-are-forgotten-at-once", ["this.#forget(now - MINUTE_MS);", "this.#forget(now);"]),
  at("contract-desk", "P2")("two-requests-are-judged-at-once", [
    "await before?.catch(() => undefined); // whoever asked for it is told",
    "",
  ]),
  keeping("contract-is-approved-for-a-moment-too-long", ["activationEndsAt <= now", "activationEndsAt < now"]),
  keeping("contract-expires-a-moment-too-late", ["&& expiresAt <= now", "&& expiresAt < now"]),
  keeping("job-starts-while-the-health-blocks", [
    'if (state === "HEALTHY" || state === "DEGRADED") return;',
    'if (state !== "UNKNOWN") return;',
  ]),
  keeping("contract-is-cancelled-while-its-job-runs", ['if (state === "ACTIVE") {', 'if (state === "DRAFT") {']),
  keeping("contract-that-overlaps-does-not-wait", [
    'new Set(["REJECTED", "EXPIRED", "FAILED"])',
    'new Set(["REJECTED", "EXPIRED", "FAILED", "ELIGIBLE"])',
  ]),
  keeping("start-leaves-an-active-contract-alone", [
    'if (contract.state === "ACTIVE") await this.#carryOut.begin(runId)',
    'if (contract.state === "DRAFT") await this.#carryOut.begin(runId)',
  ]),
  mutant("undoing-twice-is-refused", "P2", {
    file: "src/effects/platform/platform-writer.ts",
    change: ["if (sameJson(now.after, made.before)) return now;", ""],
    tests: "effects/platform/platform-steps",
  }),
];
