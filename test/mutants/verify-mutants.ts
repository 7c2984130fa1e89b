import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, breaks: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, { file: `src/evidence/verify/${file}.ts`, change, tests });

const [walk, anchors, content] = [at("chain-walk"), at("anchors"), at("content")];
const [attempt, jobs, run] = [at("laws/attempt-laws"), at("laws/job-laws"), at("laws/run-laws")];
const [starts, log] = [at("laws/start-laws"), at("log-verifier")];
const LINES = "evidence/verify/verify-lines";
const PLANS = "evidence/verify/plan-laws";
const RESUMED = "evidence/verify/resumed";
const MATRIX = "evidence/verify/tamper-matrix";
const LAWS = "evidence/verify/laws";

/** Mistakes in verification, of the lines and of what they say. */
export const VERIFY_MUTANTS: readonly Mutant[] = [
  walk("verify-looks-at-no-hash", "P3", {
    change: [
      "if (computed === line.hash) return this.#accept(line);",
      'if (line.hash !== "") return this.#accept(line);',
    ],
    tests: LINES,
  }),
  content("verify-counts-no-lines", "P3", {
    change: ["if (record.seq !== seq) this.#checkSeq(line);", ""],
    tests: LINES,
  }),
  content("verify-looks-at-no-output", "P3", {
    change: [
      "if (record.output !== undefined || record.outputs_hash !== undefined) this.#checkOutput(line);",
      "if (record.output === 1n) this.#checkOutput(line);",
    ],
    tests: LINES,
  }),
  anchors("verify-trusts-every-checkpoint", "P3", {
    change: ["if (anchor.expected !== anchor.found) {", 'if (anchor.expected === "") {'],
    tests: MATRIX,
  }),
  anchors("verify-misses-a-cut-end", "P3", {
    change: ["if (this.#rewritten || size >= known) return;", "if (known >= 0) return;"],
    tests: MATRIX,
  }),
  attempt("verify-allows-a-gap-between-steps", "EXEC-001", {
    change: ["if (index > this.#next) tell(", "if (index < 0) tell("],
    tests: LAWS,
  }),
  attempt("verify-allows-another-step-than-declared", "EXEC-001", {
    change: [
      "if (step?.step_type === type && step?.target === target) return;",
      "if (step?.step_type === type) return;",
    ],
    tests: LAWS,
  }),
  attempt("verify-allows-a-second-result", "EXEC-002", {
    change: ["else if (!isSeq(index) || this.#running !== index)", "else if (!isSeq(index))"],
    tests: LAWS,
  }),
  attempt("verify-allows-a-start-after-a-failure", "EXEC-003", {
    change: ["else if (this.#failed !== undefined)\n", "else if (this.#failed === -1)\n"],
    tests: LAWS,
  }),
  attempt("verify-allows-a-second-start", "EXEC-006", {
    change: ["else if (index < this.#next)", "else if (index < 0)"],
    tests: LAWS,
  }),
  jobs("verify-allows-a-job-id-twice", "EXEC-006", {
    change: ["if (this.#attempts.has(id))", 'if (id === "")'],
    tests: LAWS,
  }),
  run("verify-allows-any-way-through-the-states", "P3", {
    change: ['if (typeof to !== "string" || !runMayGo(from, to))', 'if (typeof to !== "string")'],
    tests: LAWS,
  }),
  starts("verify-takes-a-skipped-need-for-met", "P3", {
    change: [
      'jobOf(need)?.state !== "succeeded"',
      'jobOf(need)?.state !== "succeeded" && jobOf(need)?.state !== "skipped"',
    ],
    tests: PLANS,
  }),
  starts("verify-needs-no-approval", "P3", {
    change: ['|| (isGated && gate !== "approved")', ""],
    tests: PLANS,
  }),
  starts("verify-lets-an-attempt-leave-out-steps", "EXEC-001", {
    change: ["if (!isSeq(firstSaid) || first > done)", "if (!isSeq(firstSaid))"],
    tests: PLANS,
  }),
  jobs("verify-lets-a-running-job-be-marked", "P3", {
    change: ['job.state === "running" || (marks', "(marks"],
    tests: PLANS,
  }),
  jobs("verify-forgets-a-mark-on-a-job-that-never-ran", "P3", {
    change: ['if (marks) job.state = "succeeded";', 'if (marks && job.attempt >= 0) job.state = "succeeded";'],
    tests: PLANS,
  }),
  jobs("verify-counts-a-skipped-job-as-succeeded", "P3", {
    change: [
      '[...keys].find((key) => this.#jobs.get(key)?.state !== "succeeded")',
      '[...keys].find((key) => !["succeeded", "skipped"].includes(this.#jobs.get(key)?.state ?? ""))',
    ],
    tests: PLANS,
  }),
  jobs("verify-takes-a-step-of-another-job", "P3", {
    change: ["record.job_key !== attempt.jobKey || ", ""],
    tests: PLANS,
  }),
  run("verify-takes-anything-behind-an-end", "P3", {
    change: ["if (!opensAgain(end, record))", 'if (end.event_type === "")'],
    tests: RESUMED,
  }),
  log("verify-trusts-what-stands-behind-a-seal", "P3", {
    change: ["if (seq === this.#options.sealed?.size) this.#goneOnAfterSeal(line);", ""],
    tests: RESUMED,
  }),
];
