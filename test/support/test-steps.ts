import { existsSync, openSync, writeSync } from "node:fs";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import type { StepHandler, StepOutput, StepType } from "#effects";
import type { Json, JsonObject } from "#model";

/** Every line of an effects file has this many bytes: so none lies across a page, where a kill could cut it in two. */
const EFFECT_BYTES = 64;

const files = new Map<string, number>();

/**
 * Adds the step's idempotency key to the file `file`, after `before_ms` milliseconds: the outcome that is counted outside.
 * `kill`: whether the process is killed `before` that, or right `after` it.
 */
const append: StepHandler["execute"] = async ({ parameters }, { idempotencyKey }) => {
  const before = numberOf(parameters, "before_ms");
  if (before > 0) await pause(before);
  if (parameters["kill"] === "before") process.kill(process.pid, "SIGKILL");
  const path = textOf(parameters, "file");
  const file = files.get(path) ?? openSync(path, "a", 0o600);
  files.set(path, file);
  writeSync(file, `${idempotencyKey.padEnd(EFFECT_BYTES - 1)}\n`);
  if (parameters["kill"] === "after") process.kill(process.pid, "SIGKILL");
  await turn();
  return done(null);
};

/** Takes `ms` milliseconds; stops when it is told to. */
const sleep: StepHandler["execute"] = async ({ parameters }, _context, { signal }) => {
  await pause(numberOf(parameters, "ms"), undefined, { signal });
  return done(null);
};

/** Ends once the file `file` is there; stops when it is told to. */
const awaitFile: StepHandler["execute"] = async ({ parameters }, _context, { signal }) => {
  while (!existsSync(textOf(parameters, "file"))) await pause(5, undefined, { signal });
  return done(null);
};

/** Outputs that JSON cannot say, by the name in `kind`. */
const BAD_OUTPUTS: Readonly<Record<string, () => unknown>> = {
  bigint: () => 1n,
  cycle: () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    return cycle;
  },
  undefined: () => undefined,
  function: () => () => 0,
  nan: () => Number.NaN,
  date: () => new Date(0),
  surrogate: () => "\uD800",
};

const badOutput: StepHandler["execute"] = ({ parameters }) => {
  const output = BAD_OUTPUTS[textOf(parameters, "kind")]?.();
  return { success: true, output } as unknown as StepOutput; // the very breach of contract that is asked for
};

const STEPS: Readonly<Record<string, StepHandler["execute"]>> = {
  append,
  sleep,
  await_file: awaitFile,
  bad_output: badOutput,
  noop: () => done(null),
  fail: ({ parameters }) => ({ success: false, output: null, error: textOf(parameters, "error") }),
  // Not async, and without a listener for the signal: nothing ends it.
  never_returns: () => new Promise<StepOutput>(() => undefined),
  /** Puts out a text of `characters` characters, different for every step. */
  big_output: ({ parameters }, { idempotencyKey }) =>
    done(idempotencyKey.padEnd(numberOf(parameters, "characters"), "x")),
};

function done(output: Json): StepOutput {
  return { success: true, output };
}

function textOf(parameters: JsonObject, name: string): string {
  const value = parameters[name];
  if (typeof value !== "string") throw new TypeError(`the parameter ${name} is no text`);
  return value;
}

function numberOf(parameters: JsonObject, name: string): number {
  const value = parameters[name] ?? 0;
  if (typeof value !== "number") throw new TypeError(`the parameter ${name} is no number`);
  return value;
}

/** Step types that no configuration offers. */
export const TEST_STEPS: readonly StepType[] = Object.entries(STEPS).map(([name, execute]) => ({
  name,
  handler: { execute },
  checkParameters: () => [],
  parametersSchema: { type: "object" },
}));
