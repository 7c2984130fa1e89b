import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, breaks: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, { file: `src/${file}.ts`, change, tests });

const frame = at("cli/views/run-frame");
const follow = at("cli/plan-run/follow-run");

/** Mistakes in the commands about runs of plans. */
export const RUN_COMMAND_MUTANTS: readonly Mutant[] = [
  frame("frame-higher-than-the-terminal", "the frame leaves a line free", {
    change: ["return lines.slice(0, Math.max(1, rows - 1));", "return lines;"],
    tests: "cli/views/run-frame",
  }),
  frame("frame-obeys-the-names-of-jobs", "text of others is only shown", {
    change: ["    safeText(job.key),\n    job.maxAttempts", "    job.key,\n    job.maxAttempts"],
    tests: "cli/views/run-frame",
  }),
  frame("urgent-jobs-are-not-first", "what somebody has to look at comes first", {
    change: ["const ranked = byUrgency(jobs);", "const ranked = jobs;"],
    tests: "cli/views/run-frame",
  }),
  at("cli/text/fit")("pictures-counted-as-one-column", "no line is wider than the terminal", {
    change: ["if (character === AS_PICTURE) return 1;", "if (character === AS_PICTURE) return 0;"],
    tests: "cli/views/run-frame",
  }),
  at("cli/plan-run/live-reporter")("drawn-at-each-event", "at most ten draws a second", {
    change: [
      "    this.#isDue = true;\n    return Promise.resolve();",
      "    this.#draw();\n    return Promise.resolve();",
    ],
    tests: "cli/plan-run/live-reporter",
  }),
  at("cli/exit-of-run")("a-gate-is-any-block", "3 says that a gate waits", {
    change: ["jobs.some(({ gateOpen }) => gateOpen) ? EXIT.waiting : EXIT.precondition", "EXIT.precondition"],
    tests: "cli/exit-of-run",
  }),
  at("cli/plan-run/plan-source")("variables-that-nobody-named-are-sent", "only named variables are sent", {
    change: [
      'return Array.isArray(listed) ? listed.filter((name): name is string => typeof name === "string") : [];',
      'return ["TOKEN", ...(Array.isArray(listed) ? listed.filter((name): name is string => typeof name === "string") : [])];',
    ],
    tests: "cli/plan-run/plan-source",
  }),
  follow("a-signal-does-not-leave-a-server", "a signal leaves a run on a server alone", {
    change: ["      this.#left.abort();\n      return;", "      return;"],
    tests: "cli/commands/plan-runs",
  }),
  follow("what-was-known-is-told-again", "a resume tells what is new", {
    change: ["if (Number(event.seq) > shownUpTo) await", "await"],
    tests: "e2e/plan-runs",
  }),
  at("orchestration/run/create-run-runner")("an-approved-run-stays-where-it-is", "run --wait goes on once approved", {
    change: ["this.#own.has(about.runId) || ", ""],
    tests: "e2e/plan-runs",
  }),
];
