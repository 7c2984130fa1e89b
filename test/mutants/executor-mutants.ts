import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const SOURCE = "src/executor";

const at =
  (file: string) =>
  (name: string, breaks: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, { file: `${SOURCE}/${file}.ts`, change, tests });

const [job, perform, outcome, stop] = [at("execute-job"), at("perform"), at("outcome"), at("stop")];
const [conclusion, records, observe, untrusted] = [at("conclusion"), at("records"), at("observe"), at("untrusted")];
const [machine, defaults] = [at("job-executor"), at("default-handlers")];

const RESULT = "return Object.freeze({ ...reference(step), ...times, ...outcome, ...(await observe(health, clock)) });";
const BEGIN = "const startMs = clock.monotonicMs();\n  const ending";

/** Mistakes in the executor. */
export const EXECUTOR_MUTANTS: readonly Mutant[] = [
  machine("steps-sorted", "EXEC-001", {
    change: [
      "steps: steps.map(frozenStep) };",
      "steps: steps.map(frozenStep).toSorted((one, other) => (one.target < other.target ? -1 : 1)) };",
    ],
    tests: "laws/exec-001-declared-order",
  }),
  machine("steps-grouped-by-type", "EXEC-001", {
    change: [
      "steps: steps.map(frozenStep) };",
      "steps: steps.map(frozenStep).toSorted((one, other) => (one.stepType < other.stepType ? -1 : 1)) };",
    ],
    tests: "laws/exec-001-declared-order",
  }),
  perform("step-run-twice", "EXEC-006", {
    change: ["const call = invoke();", "await invoke();\n  const call = invoke();"],
    tests: "laws/exec-006-no-retry",
  }),
  perform("one-retry-on-throw", "EXEC-006", {
    change: ["const call = invoke();", 'const call = invoke().then((end) => (end.kind === "threw" ? invoke() : end));'],
    tests: "laws/exec-006-no-retry",
  }),
  outcome("throw-reported-as-completed", "EXEC-002", {
    change: [
      'if (ending.kind === "threw") return failed(capturedError(ending.thrown), "unknown");',
      'if (ending.kind === "threw") return { status: "COMPLETED", output: null };',
    ],
    tests: "laws/exec-002-evidence-per-step executor/thrown",
  }),
  perform("throw-of-a-handler-escapes", "EXEC-002", {
    change: ['return { kind: "threw", thrown };', "throw thrown;"],
    tests: "executor/thrown",
  }),
  job("throw-of-the-loop-escapes", "EXEC-002", {
    change: ["progress.executionError = capturedError(thrown);", "throw thrown;"],
    tests: "laws/p5-fail-closed executor/generator-protocol",
  }),
  job("health-after-seen-before", "EXEC-004", {
    change: [
      [BEGIN, `const seen = await observe(health, clock);\n  ${BEGIN}`],
      [RESULT, "return Object.freeze({ ...reference(step), ...times, ...outcome, ...seen });"],
    ],
    tests: "laws/exec-004-health-observed",
  }),
  conclusion("job-health-after-taken-from-before", "EXEC-004", {
    change: [
      "const healthAfter = results.findLast((result) => result.healthAfter !== undefined)?.healthAfter ?? healthBefore;",
      "const healthAfter = healthBefore;",
    ],
    tests: "laws/exec-004-health-observed",
  }),
  job("health-not-seen-after-a-failure", "EXEC-004", {
    change: [
      "...(await observe(health, clock)) });",
      '...(outcome.status === "COMPLETED" && (await observe(health, clock))) });',
    ],
    tests: "laws/exec-004-health-observed",
  }),
  job("observer-error-fails-the-step", "EXEC-004", {
    change: [
      RESULT,
      'const seen = await observe(health, clock);\n  const end = seen.healthError === undefined ? outcome : failed(seen.healthError, "unknown");\n  return Object.freeze({ ...reference(step), ...times, ...end, ...seen });',
    ],
    tests: "laws/exec-004-health-observed",
  }),
  observe("observer-throw-escapes", "EXEC-004", {
    change: ["return { healthError: capturedError(thrown) };", "throw thrown;"],
    tests: "laws/exec-004-health-observed",
  }),
  observe("observer-may-hang", "EXEC-004", {
    change: ["await within(LIMIT_MS, Promise.resolve(answer), clock)", "await answer"],
    tests: "laws/exec-004-health-observed",
  }),
  records("observer-error-before-the-first-step-dropped", "EXEC-004", {
    change: [
      "const seen = { health: before.healthAfter, health_error: before.healthError };",
      "const seen = { health: before.healthAfter };",
    ],
    tests: "laws/exec-004-health-observed",
  }),
  outcome("output-dropped", "EXEC-002", {
    change: [
      'if (success) return { status: "COMPLETED", output: copied };',
      'if (success) return { status: "COMPLETED", output: null };',
    ],
    tests: "laws/exec-002-evidence-per-step",
  }),
  records("output-dropped-from-the-record", "EXEC-002", {
    change: ["reason: error, output, late };", "reason: error, late };"],
    tests: "laws/exec-002-evidence-per-step",
  }),
  records("error-dropped-from-the-record", "EXEC-002", {
    change: ["reason: error, output, late };", "output, late };"],
    tests: "laws/exec-002-evidence-per-step",
  }),
  job("timestamps-swapped", "EXEC-002", {
    change: [
      "const times = { startedAt: context.startedAt, completedAt: clock.now(), durationSeconds };",
      "const times = { startedAt: clock.now(), completedAt: context.startedAt, durationSeconds };",
    ],
    tests: "laws/exec-002-evidence-per-step executor/result",
  }),
  job("negative-durations", "EXEC-002", {
    change: ["Math.max(0, clock.monotonicMs() - startMs) / 1000", "(clock.monotonicMs() - startMs) / 1000"],
    tests: "executor/result",
  }),
  job("wrong-contract-in-the-context", "EXEC-005", {
    change: [
      "return Object.freeze({ jobId, contractId, ...reference(step)",
      "return Object.freeze({ jobId, contractId: jobId, ...reference(step)",
    ],
    tests: "executor/frozen",
  }),
  outcome("target-taken-from-the-handler", "EXEC-002", {
    change: [
      'if (success) return { status: "COMPLETED", output: copied };',
      'if (success) return { status: "COMPLETED", output: copied, ...("target" in value && { target: value.target }) };',
    ],
    tests: "laws/exec-002-evidence-per-step",
  }),
  stop("timeout-not-enforced", "P6", {
    change: [
      "seconds === undefined ? undefined : clock.after(seconds * 1000, expire);",
      "seconds === undefined ? undefined : () => {};",
    ],
    tests: "executor/timeouts",
  }),
  stop("timeout-not-enforced-on-who-holds-the-thread", "P6", {
    change: [
      "clock.monotonicMs() - startMs >= seconds * 1000) expire();",
      "clock.monotonicMs() - startMs < 0) expire();",
    ],
    tests: "executor/timeouts",
  }),
  job("job-deadline-not-enforced", "P6", {
    change: ["seconds: job.timeoutSeconds,", "seconds: undefined,"],
    tests: "executor/timeouts",
  }),
  perform("late-result-accepted", "P6", {
    change: [
      'const late = (first ?? (await within(graceMs, call, clock)))?.kind ?? "running";',
      'const end = first ?? (await within(graceMs, call, clock));\n  if (end !== undefined) return end;\n  const late = "running";',
    ],
    tests: "executor/timeouts",
  }),
  outcome("late-end-not-recorded", "P6", {
    change: ["...(late !== undefined && { late }) };", "};"],
    tests: "executor/timeouts",
  }),
  perform("stopped-job-calls-one-more-handler", "P6", {
    change: [
      'if (upstream.aborted) return { kind: "stopped", stop: stopOf(upstream.reason) }; // before it was called',
      "",
    ],
    tests: "executor/cancellation executor/timeouts",
  }),
  stop("timers-left-behind", "P6", {
    change: ["disarm?.();\n", "void disarm;\n"],
    tests: "executor/generator-protocol",
  }),
  stop("listeners-left-behind", "P6", {
    change: ['upstream?.removeEventListener("abort", forward);', ""],
    tests: "executor/generator-protocol",
  }),
  job("goes-on-after-a-failure", "EXEC-003", {
    change: ['if (result.status === "FAILED") break;', ""],
    tests: "laws/exec-003-stop-on-failure",
  }),
  conclusion("completed-because-nothing-failed", "EXEC-003", {
    change: [
      "...verdict(progress, stepsSucceeded === stepsDeclared),",
      "...verdict(progress, stepsSucceeded === stepsExecuted),",
    ],
    tests: "executor/cancellation",
  }),
  conclusion("cancelled-reported-as-failed", "P6", {
    change: ['=== "cancelled" ? "CANCELLED" : "FAILED";', '=== "cancelled" ? "FAILED" : "FAILED";'],
    tests: "executor/cancellation",
  }),
  job("missing-handler-found-on-the-way", "P5", {
    change: [
      "const refused = steps.find((step) => !handlers.has(step.stepType));",
      "const refused: JobStep | undefined = undefined;",
    ],
    tests: "laws/p5-fail-closed",
  }),
  machine("wrong-index-let-through", "P5", {
    change: ["if (step.stepIndex !== position) throw", "if (step.stepIndex < 0 && position < 0) throw"],
    tests: "laws/p5-fail-closed",
  }),
  job("performed-before-it-is-recorded", "P1", {
    change: [
      "yield [...written, startedRecord(context, step.stepIndex === 0 ? before : {})];",
      "written = [...written, startedRecord(context, step.stepIndex === 0 ? before : {})];",
    ],
    tests: "laws/p1-told-is-durable",
  }),
  machine("caller-changes-the-plan-on-the-way", "EXEC-001", {
    change: [
      "return executeJob({ ...job, steps }, machine);",
      "return executeJob({ ...job, steps: job.steps }, machine);",
    ],
    tests: "executor/frozen",
  }),
  machine("handler-changes-its-parameters", "EXEC-005", {
    change: ["const parameters = frozenJson(step.parameters) as JsonObject;", "const { parameters } = step;"],
    tests: "executor/frozen",
  }),
  machine("handlers-change-on-the-way", "EXEC-001", {
    change: ["handlers: new Map(this.#handlers),", "handlers: this.#handlers,"],
    tests: "executor/frozen",
  }),
  job("same-key-for-every-step", "P2", {
    change: ["const idempotencyKey = `${attemptOf}/${step.stepIndex}`;", "const idempotencyKey = attemptOf;"],
    tests: "laws/p2-no-silent-second-execution",
  }),
  untrusted("output-that-is-not-json-accepted", "EXEC-002", {
    change: [
      'if (typeof value === "number" && Number.isFinite(value)) return',
      'if (typeof value === "number") return',
    ],
    tests: "executor/handler-contract",
  }),
  untrusted("output-without-a-bound", "P4", {
    change: ["if (budget.characters < 0) throw", "if (budget.characters === 0) throw"],
    tests: "executor/handler-contract",
  }),
  defaults("unknown-type-is-a-no-op", "P5", {
    change: ['"parameter_change"];', '"parameter_change", "unknown"];'],
    tests: "executor/default-executor",
  }),
];
