import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string, tests: string) =>
  (name: string, change: Change | readonly Change[]): Mutant =>
    mutant(name, "P5", { file: `src/governance/${file}.ts`, change, tests: `governance/${tests}` });

const audit = (check: string): ReturnType<typeof at> => at(`audit/checks/${check}`, "audit/audit-job");
const [reading, changes] = [
  at("request/check-request", "request/check-request"),
  at("request/read-changes", "request/check-request"),
];
const resolving = at("audit/resolve-inconclusive", "audit/resolve-inconclusive");
const advancing = at("rollout/decide-advance", "rollout/decide-advance");

/** Mistakes in the deciders: of the request, its plan, its rules, the audit and the rollout. */
export const GOVERNANCE_MUTANTS: readonly Mutant[] = [
  reading("request-may-touch-what-it-does-not-list", [
    "if (names.has(capability)) continue;",
    "if (names.size > 0) continue;",
  ]),
  reading("request-may-have-unknown-members", ['problems.tellUnknown("request", value, MEMBERS);', ""]),
  changes("request-may-change-one-thing-twice", [
    "if (earlier === undefined) places.set(key, position);",
    "if (earlier === undefined || earlier >= 0) places.set(key, position);",
  ]),
  at("request/read-value", "request/check-request")("request-may-carry-a-value-of-any-size", [
    "return bytes > VALUE_BYTES ? { problem: TOO_LARGE } : { value: copy };",
    "return bytes < 0 ? { problem: TOO_LARGE } : { value: copy };",
  ]),
  at("validator/validate-request", "validator/validate-request")("validator-overlooks-what-contradicts", [
    "clarity.count - CONTRADICTION * others.length",
    "clarity.count",
  ]),
  at("validator/words", "validator/validate-request")("validator-finds-words-inside-words", [
    "return hasWords(words) && text.includes(words);",
    "return hasWords(words) && text.includes(words.trim());",
  ]),
  at("validator/validate-request", "validator/validate-request")("validator-takes-an-unknown-urgency-lightly", [
    'return { severity: "critical", sentence: `The urgency is ${seen(urgency)}',
    'return { severity: "low", sentence: `The urgency is ${seen(urgency)}',
  ]),
  at("eligibility/explain-eligibility", "eligibility/explain-eligibility")("explanation-disagrees-with-the-rule", [
    "holds: sentence === undefined,",
    'holds: sentence === undefined || id === "E-006",',
  ]),
  at("change-plan/plan-rollback", "change-plan/plan-rollback")("rollback-goes-forwards", [
    "undone.toReversed()",
    "undone",
  ]),
  at("change-plan/plan-rollback", "change-plan/plan-rollback")("rollback-undoes-what-never-happened", [
    " && indexes.has(index) ? [{ target, index }]",
    " ? [{ target, index }]",
  ]),
  at("audit/finding", "audit/audit-job")("audit-takes-unreadable-for-right", [
    'if (unreadable.length > 0) return { outcome: "INCONCLUSIVE"',
    'if (unreadable.length < 0) return { outcome: "INCONCLUSIVE"',
  ]),
  at("audit/audit-job", "audit/audit-job")("audit-lets-unknown-win-over-wrong", [
    'if (outcomes.includes("FAIL")) return "FAIL";',
    'if (outcomes.includes("FAIL") && !outcomes.includes("INCONCLUSIVE")) return "FAIL";',
  ]),
  at("audit/read-audit-facts", "audit/audit-job")("audit-believes-a-log-without-its-chain", [
    'log: chain === "whole" ? readLog(members["log"]) : undefined,',
    'log: chain !== "broken" ? readLog(members["log"]) : undefined,',
  ]),
  at("audit/read-journal", "audit/audit-job")("audit-sees-no-gap-in-the-journal", [
    "entry.seq !== last.seq + 1",
    "entry.seq <= last.seq",
  ]),
  at("audit/read-journal", "audit/audit-job")("audit-takes-another-jobs-entries-for-its-own", [
    "name.startsWith(`${jobId}/`)",
    "name.startsWith(jobId)",
  ]),
  audit("plan-of-entry")("audit-lets-a-step-write-on-anothers-key", [
    "return step.target === key ? undefined",
    "return step.target === key || scope?.has(key) === true ? undefined",
  ]),
  audit("health-preserved")("audit-takes-unknown-health-for-good", [
    "const isKnown = before !== undefined && after",
    "const isKnown = before === undefined || after",
  ]),
  audit("fidelity")("audit-believes-that-a-step-wrote", [
    "if (sameJson(standing.get(target), after)) return",
    "if (standing.size >= 0) return",
  ]),
  audit("fidelity")("audit-takes-any-written-value", [
    "&& !sameJson(entry.after, after)",
    "&& entry.after === undefined",
  ]),
  audit("window")("audit-lets-a-job-end-on-the-windows-end", [
    "epochMs < endsMs) return false;",
    "epochMs <= endsMs) return false;",
  ]),
  audit("rollback-available")("audit-needs-nothing-to-put-back", ["before === undefined &&", "before === -1 &&"]),
  audit("signals-consistent")("audit-overlooks-signals-about-the-system", ["scope.toLowerCase() === SYSTEM ||", ""]),
  audit("no-unauthorised-mutation")("audit-lets-nobody-write", [
    "if (by === undefined) return",
    "if (by === undefined && !authorised) return",
  ]),
  audit("no-unauthorised-mutation")("audit-sees-no-change-without-an-entry", [
    "...hiddenChanges(journal.entries),",
    "...hiddenChanges([]),",
  ]),
  resolving("resolution-turns-a-failed-audit", [
    'verdict !== "INCONCLUSIVE" || outcomes.includes("FAIL") || !outcomes.includes("INCONCLUSIVE")',
    'verdict === "PASS"',
  ]),
  resolving("resolution-by-the-one-who-submitted", [
    "identity(actor) === identity(submittedBy)",
    "actor === submittedBy",
  ]),
  advancing("rollout-skips-a-stage", ["if (to !== next) return", "if (to === from) return"]),
  advancing("rollout-takes-no-time-for-long-enough", [
    "const sinceMs = readInstant(stageSince);",
    "const sinceMs = readInstant(stageSince) ?? 0;",
  ]),
  advancing("rollout-of-another-jobs-audit", [" && isNamed(jobId) && audited === jobId", ""]),
  at("rollout/stage", "rollout/stage-of")("rollout-shows-a-failed-contract", [
    'if (state !== "COMPLETED") return HIDDEN;',
    'if (state !== "COMPLETED" && state !== "FAILED") return HIDDEN;',
  ]),
  at("contract/guards", "authority-chain")("chain-completes-without-a-pass", [
    'audit?.verdict === "PASS" && audit.jobId === contract.jobId',
    "audit?.jobId === contract.jobId",
  ]),
  at("identity", "authority-chain")("chain-approved-by-a-second-spelling", [
    'name.normalize("NFKC").trim().toLowerCase()',
    "name",
  ]),
];
