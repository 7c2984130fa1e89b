import type { Violation } from "#model";
import { AssertionFailure, Fault } from "#model";
import { EXIT, EXIT_OF_FAULT } from "./exit-codes.ts";
import type { Output } from "./output.ts";
import { safeText } from "./text/safe-text.ts";

/** Violations shown to a person; `--json` has all that came. */
const VIOLATIONS_SHOWN = 100;

/** What is told of an error. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly violations: readonly Violation[];
}

/** Where an error is told. */
export interface ErrorPlaces {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly json: boolean;
}

/** Tells of an error, in words or as JSON, and gives the exit code that goes with it. */
export async function tellError(error: unknown, { stdout, stderr, json }: ErrorPlaces): Promise<number> {
  const told = toldError(error);
  if (json) await stdout.json(`${JSON.stringify({ error: told })}\n`);
  else await stderr.write(errorText(told));
  return error instanceof Fault ? EXIT_OF_FAULT[error.code] : EXIT.runFailed;
}

/** What is told of whatever was thrown: never a stack. */
export function toldError(error: unknown): ToldError {
  if (error instanceof Fault) return { code: error.code, message: error.message, violations: error.violations };
  const why = error instanceof Error ? error.message : String(error);
  const what = error instanceof AssertionFailure ? "Verbatim is wrong here; this does not hold" : "Unforeseen failure";
  return { code: "INTERNAL", message: `${what}: ${why}`, violations: [] };
}

/** The message, and each violation on a line of its own. */
export function errorText({ message, violations }: ToldError): string {
  const lines = message.split("\n").map(safeText);
  const listed = lines.length > 1 ? [] : violations.slice(0, VIOLATIONS_SHOWN); // a message of several lines lists them itself
  const list = listed.map(({ field, description }) => `  ${safeText(field)}  ${safeText(description)}`);
  const left = lines.length > 1 ? 0 : violations.length - listed.length;
  const more = left > 0 ? [`  and ${left} more; --json lists all`] : [];
  return `verbatim: ${[...lines, ...list, ...more].join("\n")}\n`;
}
