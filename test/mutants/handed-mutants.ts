import { mutant } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

const FOLLOWING = "src/orchestration/handed-jobs.ts";
const COPYING = "orchestration/handed/copying";

/** Mistakes in how jobs are handed over to workers and followed. */
export const HANDED_MUTANTS: readonly Mutant[] = [
  mutant("records-are-copied-again-after-a-takeover", "P2", {
    file: FOLLOWING,
    change: ["copied.slice(Math.max(0, skip - steps))", "copied.slice(Math.max(0, skip - steps) * 0)"],
    tests: COPYING,
  }),
  mutant("every-batch-of-a-log-is-skipped-anew", "P2", {
    file: FOLLOWING,
    change: ["          steps += copied.length;\n", ""],
    tests: "orchestration/handed/plan-attempts",
  }),
  mutant("a-copy-forgets-what-was-put-out", "P2", {
    file: "src/orchestration/copied-record.ts",
    change: ['"outputs_hash", "hash"]', '"outputs_hash", "output", "hash"]'],
    tests: COPYING,
  }),
  mutant("attempt-at-a-worker-is-called-cut-off-at-a-takeover", "P2", {
    file: "src/orchestration/run/recover-plan-run.ts",
    change: [".filter((key) => attemptOf(state, key).logId !== undefined)", '.filter((key) => key === "")'],
    tests: COPYING,
  }),
  mutant("run-that-a-call-has-taken-is-recovered-again", "P2", {
    file: "src/orchestration/recover-runs.ts",
    change: ["if (isHere?.(head.runId) === true) continue;", ""],
    tests: "orchestration/handed/taken-over",
  }),
  mutant("one-bad-log-ends-the-whole-take-over", "P5", {
    file: "src/orchestration/recover-runs.ts",
    change: ["if (!isShared || store.halted !== undefined) throw error;", "throw error;"],
    tests: "orchestration/handed/taken-over",
  }),
  mutant("log-of-an-attempt-is-another-one-for-each-driver", "EXEC-006", {
    file: "src/orchestration/run/attempt-names.ts",
    change: ["return `~${digest(jobId)}`;", "return `~${digest(`${jobId}/${process.hrtime.bigint()}`)}`;"],
    tests: COPYING,
  }),
  mutant("accepted-job-is-closed-and-not-handed-over", "P1", {
    file: "src/orchestration/recover-runs.ts",
    change: ["handed?.handsOver === true", "handed?.handsOver === undefined"],
    tests: "orchestration/handed/direct-jobs",
  }),
  mutant("drain-stops-what-workers-perform", "P6", {
    file: "src/orchestration/run/plan-run.ts",
    change: [
      "    this.#attempts.cancelHere(cancellation);\n    this.#attempts.leave();",
      "    this.#attempts.cancel(cancellation);",
    ],
    tests: "orchestration/handed/plan-attempts",
  }),
  mutant("step-in-doubt-at-a-worker-runs-again-unasked", "P2", {
    file: "src/orchestration/run/end-of-attempt.ts",
    change: ['recovery === "idempotent" || recovery === "rerun"', 'recovery !== "probe"'],
    tests: "orchestration/handed/plan-attempts",
  }),
  mutant("step-that-kills-workers-is-given-to-all-of-them", "P2", {
    file: "src/orchestration/run/end-of-attempt.ts",
    change: ["+ DOUBTS_RUN_AGAIN) return []", "+ 100 * DOUBTS_RUN_AGAIN) return []"],
    tests: "orchestration/handed/plan-attempts",
  }),
];
