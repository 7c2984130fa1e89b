import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, breaks: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, { file: `src/evidence/${file}.ts`, change, tests });

const [kind, content] = [at("log-kind"), at("verify/content")];
const [laws, story, states] = ["contract-laws", "contract-story", "contract-states"].map((name) =>
  at(`verify/laws/${name}`),
) as [ReturnType<typeof at>, ReturnType<typeof at>, ReturnType<typeof at>]; // one for each name
const [log, verifier, sqlite] = [at("verify/laws/log-laws"), at("verify/log-verifier"), at("evidence-stores/sqlite")];
const LAWS = "evidence/verify/contract-laws";
const STORE = "conformance/evidence-store.memory";

/** Mistakes in what is told of contracts' logs, and in what they are held to. */
export const CONTRACT_LOG_MUTANTS: readonly Mutant[] = [
  kind("an-expired-contract-stays-open", "P2", { change: [', "EXPIRED"]', "]"], tests: STORE }),
  kind("a-rollback-opens-a-contract-again", "P2", {
    change: ["if (isBehindTerminal(record)) return wasEnded;", ""],
    tests: STORE,
  }),
  kind("anything-goes-behind-the-end-of-a-contract", "P2", {
    change: ['(kindOfLog(last) === "contract" && isBehindTerminal(next))', 'kindOfLog(last) === "contract"'],
    tests: "evidence/jsonl",
  }),
  kind("anything-goes-behind-an-end-in-good-company", "P2", {
    change: [" && others.every(isBehindTerminal)", " && others.length >= 0"],
    tests: STORE,
  }),
  kind("a-verdict-goes-behind-the-end-of-a-run", "P2", {
    change: ['(kindOfLog(last) === "contract" && isBehindTerminal(next))', "isBehindTerminal(next)"],
    tests: STORE,
  }),
  sqlite("a-contract-of-which-more-was-told-is-open-again", "P2", {
    change: [" OR ${LAST_TYPE(10)} = '\"contract.'", ""],
    tests: "conformance/evidence-store.sqlite",
  }),
  states("verify-lets-a-contract-skip-its-approval", "P3", {
    change: ['ELIGIBLE: ["APPROVED", ', 'ELIGIBLE: ["APPROVED", "ACTIVE", '],
    tests: LAWS,
  }),
  laws("verify-looks-at-no-from", "P3", { change: ["if (from !== state)", 'if (from === "")'], tests: LAWS }),
  laws("verify-allows-any-way-of-a-contract", "P3", {
    change: ["else if (!contractMayGo(state, to))", 'else if (to === "")'],
    tests: LAWS,
  }),
  laws("verify-allows-a-gap-between-versions", "P3", {
    change: ["if (next !== version + 1)", "if (Number(next) <= version)"],
    tests: LAWS,
  }),
  laws("verify-lets-the-submitter-approve", "P3", {
    change: ["else if (submitters.has(identity(actor)))", 'else if (actor === "")'],
    tests: LAWS,
  }),
  story("verify-takes-another-spelling-for-another-person", "P3", {
    change: ['name.normalize("NFKC").trim().toLowerCase()', "name"],
    tests: LAWS,
  }),
  story("verify-forgets-whom-the-request-names", "P3", {
    change: ['[actor, memberOf(request, "submitted_by"), ', "[actor, "],
    tests: LAWS,
  }),
  laws("verify-needs-no-plan-to-approve", "P3", { change: ["if (!isNamed(hash))", 'if (hash === "")'], tests: LAWS }),
  laws("verify-lets-another-plan-be-activated", "P3", {
    change: ["hash !== undefined && hash !== planHash", "hash !== undefined && planHash === undefined"],
    tests: LAWS,
  }),
  laws("verify-needs-no-job-to-activate", "P3", {
    change: ['if (to === "ACTIVE" && !isNamed(jobId))', 'if (to === "ACTIVE" && jobId === "")'],
    tests: LAWS,
  }),
  laws("verify-looks-at-no-request-hash", "P3", {
    change: ["if (valueDigest(request as Json) !== said)", 'if (said === "")'],
    tests: LAWS,
  }),
  laws("verify-needs-no-reason-to-reject", "P3", {
    change: ['(to === "REJECTED" || to === "FAILED") && !isNamed(reason)', 'to === "FAILED" && !isNamed(reason)'],
    tests: LAWS,
  }),
  laws("verify-needs-no-validator", "P3", {
    change: ['to === "VALIDATED" && !deciders.has("validator")', 'to === "VALIDATED" && deciders.has(0)'],
    tests: LAWS,
  }),
  laws("verify-lets-an-approval-override-may-not", "P3", {
    change: ['(to === "ELIGIBLE" || to === "APPROVED" || to === "ACTIVE")', '(to === "ELIGIBLE" || to === "ACTIVE")'],
    tests: LAWS,
  }),
  laws("verify-takes-the-audit-of-another-job", "P3", { change: [" && audit.jobId === jobId", ""], tests: LAWS }),
  laws("verify-takes-no-audit-for-a-pass", "P3", {
    change: ['audit?.status === "PASS" &&', 'audit?.status !== "FAIL" && audit !== undefined &&'],
    tests: LAWS,
  }),
  story("verify-remembers-the-first-audit-only", "P3", {
    change: ['if (decider === "audit") this.#facts.audit = ', 'if (decider === "audit") this.#facts.audit ??= '],
    tests: LAWS,
  }),
  laws("verify-lets-a-terminal-contract-go-on", "P3", {
    change: ["if (this.#story.facts.isTerminal && !isBehindTerminal(record)) return this.#tellBehind(record);", ""],
    tests: LAWS,
  }),
  log("verify-takes-steps-in-the-log-of-a-contract", "P3", {
    change: ["if (!isOfKind(record, this.#kind)) {", 'if (record.event_type === "") {'],
    tests: LAWS,
  }),
  content("verify-takes-the-record-of-another-contract", "P3", {
    change: ["contract !== undefined && contract !== runId)", 'contract === "")'],
    tests: LAWS,
  }),
  verifier("verify-ends-reading-where-a-contract-has-ended", "P3", {
    change: ['this.#complete && kind === "run";', "this.#complete;"],
    tests: LAWS,
  }),
];
