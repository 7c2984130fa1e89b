import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, breaks: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, {
      file: `src/orchestration/run/${file}.ts`,
      change,
      tests: tests
        .split(" ")
        .map((test) => `orchestration/run/${test}`)
        .join(" "),
    });

const [moves, state, retry] = [at("next-moves"), at("run-state"), at("decide-retry")];
const [rules, resume, run] = [at("run-rules"), at("resume-run"), at("plan-run")];
const [attempt, names, runner, recovery] = [
  at("attempt"),
  at("attempt-names"),
  at("create-run-runner"),
  at("recover-plan-run"),
];

/** Mistakes in how the runs of plans are driven. */
export const PLAN_RUN_MUTANTS: readonly Mutant[] = [
  moves("skipped-job-counts-as-succeeded", "P5", {
    change: [
      '({ status }) => status !== "succeeded");\n  if (missing',
      '({ status }) => status !== "succeeded" && status !== "skipped");\n  if (missing',
    ],
    tests: "defects",
  }),
  state("skipped-job-satisfies-what-needs-it", "P5", {
    change: [
      '    this.openGates.delete(job.job.key);\n    job.status = "skipped";',
      '    this.openGates.delete(job.job.key);\n    for (const next of this.dependents.get(job.job.key) ?? []) this.job(next).unmet -= 1;\n    job.status = "skipped";',
    ],
    tests: "defects",
  }),
  moves("verdict-ignores-failed-leaf", "P5", {
    change: [
      "if (missing.length === 0) return",
      "if (missing.every(({ job }) => (state.dependents.get(job.key) ?? []).length === 0)) return",
    ],
    tests: "defects",
  }),
  moves("jobs-start-in-waves", "P6", {
    change: [
      "? state.plan.maxWorkers - state.running.size : 0;",
      "&& state.running.size === 0 ? state.plan.maxWorkers : 0;",
    ],
    tests: "defects",
  }),
  moves("more-jobs-than-workers", "P4", {
    change: ["? state.plan.maxWorkers - state.running.size : 0;", "? state.plan.maxWorkers : 0;"],
    tests: "defects",
  }),
  moves("drain-starts-new-jobs", "P6", {
    change: ["  if (state.stop === undefined) {\n", '  if (state.stop?.kind !== "cancel") {\n'],
    tests: "resume",
  }),
  run("stop-is-ignored-by-what-runs", "P6", {
    change: [
      ["    if (abort && stop.kind ===", "    if (abort && this.atRest && stop.kind ==="],
      ["    if (abort) this.#attempts.cancelHere(", "    if (abort && this.atRest) this.#attempts.cancelHere("],
    ],
    tests: "plan-runs",
  }),
  state("hard-gate-does-not-stop-the-run", "P5", {
    change: [
      '!job.job.continueOnError || job.job.gate === "hard") this.stoppedBy',
      "!job.job.continueOnError) this.stoppedBy",
    ],
    tests: "defects",
  }),
  state("manual-gate-is-not-awaited", "P5", {
    change: ['if (job.job.gate === "manual" && !job.approved) {', 'if (job.job.gate === "manual" && job.approved) {'],
    tests: "plan-runs",
  }),
  rules("submitter-may-approve", "P5", {
    change: ["if (about.actor === run.state.submittedBy)", 'if (about.actor === "")'],
    tests: "plan-runs",
  }),
  rules("word-about-another-plan-is-taken", "P5", {
    change: ["planHash !== undefined && planHash !== run.planHash", 'planHash === ""'],
    tests: "plan-runs",
  }),
  retry("retry-without-filter-of-exit-codes", "P5", {
    change: ["if (onExitCodes !== undefined && (exitCode", "if (onExitCodes?.length === 0 && (exitCode"],
    tests: "decide-retry",
  }),
  retry("retry-without-filter-of-classes", "P5", {
    change: ["if (!policy.on.includes(errorClass))", "if (policy.on.length === 0)"],
    tests: "decide-retry",
  }),
  retry("jitter-goes-over-the-longest-wait", "P4", {
    change: ["Math.round(1000 * Math.min(jittered, policy.maxSeconds))", "Math.round(1000 * jittered)"],
    tests: "decide-retry",
  }),
  retry("one-attempt-too-many", "P4", {
    change: ["attempt + 1 >= policy.maxAttempts", "attempt >= policy.maxAttempts"],
    tests: "decide-retry",
  }),
  state("resume-runs-succeeded-jobs-again", "P2", {
    change: [
      'if (job.status === "failed" && (reopened || job.interrupted)) job.status = "retrying";',
      'if ((job.status === "failed" || job.status === "succeeded") && reopened) job.status = "retrying";',
    ],
    tests: "resume",
  }),
  resume("job-in-doubt-runs-again-without-a-word", "P2", {
    change: ["  if (open.length === 0) return;\n  throw", "  if (open.length >= 0) return;\n  throw"],
    tests: "resume",
  }),
  resume("hard-gate-is-passed-by-a-resume", "P5", {
    change: ['  if (state.status !== "failed") return;\n', '  if (state.status === "failed") return;\n'],
    tests: "resume",
  }),
  resume("changed-plan-is-resumed-in-silence", "P5", {
    change: ["planHash === undefined || planHash === recorded", 'planHash !== ""'],
    tests: "resume",
  }),
  resume("word-at-a-gate-fails-what-was-cut-off", "P2", {
    change: [
      'if (state.blockCause === "gate" || state.blockCause === "in_doubt") return',
      "if (state.blockCause !== undefined) return",
    ],
    tests: "going-on",
  }),
  run("wait-of-a-dead-process-is-never-over", "P6", {
    change: [
      "if (rested && !this.atRest) this.#awake();",
      "if (rested && !this.atRest) this.#rests = quietResolvers();",
    ],
    tests: "going-on",
  }),
  state("resume-waits-for-a-job-that-nobody-asked-for", "P6", {
    change: ["      this.delayed.delete(job.job.key); // nobody waits for it\n", ""],
    tests: "going-on",
  }),
  attempt("effects-before-their-start-is-durable", "P1", {
    change: [
      "perform(performer(job), (drafts) => write(named(drafts)), [])",
      "perform(performer(job), (drafts) => (write(named(drafts)).catch(() => undefined), Promise.resolve()), [])",
    ],
    tests: "durable-first",
  }),
  runner("run-is-told-before-it-is-durable", "P1", {
    change: ["      await run.tell(opening", "      void run.tell(opening"],
    tests: "durable-first",
  }),
  names("attempts-share-a-job-id", "EXEC-006", {
    change: ["return `${runId}/${recorded}/${attempt}`;", "return attempt < 0 ? recorded : `${runId}/${recorded}/0`;"],
    tests: "defects",
  }),
  mutant("start-does-more-than-was-asked-for", "P2", {
    file: "src/main/recovered-runs.ts",
    change: ["        sameJobs: true,\n", ""],
    tests: "orchestration/run/going-on",
  }),
  recovery("step-without-an-end-is-not-in-doubt", "P2", {
    change: ["  if (runningStep !== undefined)\n", '  if (runningStep?.stepType === "")\n'],
    tests: "resume",
  }),
];
