import { z } from "zod";
import type { StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure, stopped } from "./failure.ts";
import {
  declaredPath,
  DEFAULT_MAX_BYTES,
  openPermitted,
  pathViolations,
  requireDirectories,
} from "./files/permitted-file.ts";
import type { FileCheckOptions } from "./files/permitted-file.ts";
import { declaredPattern } from "./lines/declared-pattern.ts";
import { LineScanner } from "./lines/line-scanner.ts";

const NAME = "check.file_matches";

const form = parametersForm(
  NAME,
  z.strictObject({
    path: declaredPath,
    pattern: declaredPattern,
    absent: z.boolean().default(false).describe("Whether no line may match, in place of at least one."),
    max_bytes: z.int().min(1).optional().describe("A larger file fails; at most what the configuration allows."),
  }),
);

type Declared = Extract<ReturnType<typeof form.read>, { readonly value: unknown }>["value"];

/**
 * Makes the step type `check.file_matches`: whether a regular expression is found in a line of a file. The time grows with
 * the file and with the pattern, and never with their product's powers. A failed check is `validation_failed`.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createCheckFileMatches(options: FileCheckOptions): StepType {
  requireDirectories(options, NAME);
  const scanner = new LineScanner();
  return declaredStepType(form, {
    notPermitted: (raw) => pathViolations(raw["path"], options.directories),
    perform: (declared, { signal }) => check(declared, { options, scanner, signal }),
  });
}

interface Surroundings {
  readonly options: FileCheckOptions;
  readonly scanner: LineScanner;
  readonly signal: AbortSignal;
}

async function check(declared: Declared, { options, scanner, signal }: Surroundings): Promise<StepOutput> {
  const { path, pattern, absent } = declared;
  const opened = openPermitted(path, options.directories);
  if ("failed" in opened) return opened.failed;
  using file = opened;
  const most = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const maxBytes = Math.min(declared.max_bytes ?? most, most);
  if (file.bytes > maxBytes) {
    return failure(`${path} has ${file.bytes} bytes, at most ${maxBytes} are looked at`, "validation_failed");
  }
  const wanted = [{ name: pattern, pattern }];
  const search = { wanted, ignored: [], first: true, fromByte: 0, toByte: file.bytes };
  const answer = await scanner.scan({ source: file.descriptor, search }, signal);
  if (answer === undefined) return stopped();
  if (answer.kind === "unscanned") return failure(`${path}: ${answer.why}`, "validation_failed");
  const [find] = answer.finds;
  const output = {
    path,
    bytes: file.bytes,
    ...(find === undefined ? { lines: answer.lines } : { line: find.line, text: find.text }),
    ...(answer.invalidLines > 0 && { invalid_utf8_lines: answer.invalidLines }),
  };
  if ((find === undefined) === absent) return { success: true, output };
  const error =
    find === undefined
      ? `${path}: none of its ${answer.lines} lines matches ${pattern}`
      : `${path}: line ${find.line} matches ${pattern}, expected none: ${find.text}`;
  return failure(error, "validation_failed", output);
}
