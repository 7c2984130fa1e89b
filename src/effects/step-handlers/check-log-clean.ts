import { z } from "zod";
import type { Json } from "#model";
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
import { LOG_PRESETS } from "./lines/log-presets.ts";
import type { ScanAnswer } from "./lines/scan-lines.ts";

const NAME = "check.log_clean";
const PATTERNS = 100;

const form = parametersForm(
  NAME,
  z
    .strictObject({
      path: declaredPath,
      presets: z
        .array(z.enum(["oracle"]))
        .max(1)
        .default([])
        .describe(
          "Sets of patterns: oracle finds ORA-, SP2-, PLS-, TNS-, LRM- and RMAN- errors and compilation errors.",
        ),
      patterns: z.array(declaredPattern).max(PATTERNS).default([]).describe("Patterns that no line may match."),
      ignore: z
        .array(declaredPattern)
        .max(PATTERNS)
        .default([])
        .describe("A line that matches one of these is passed over."),
      from_byte: z
        .int()
        .min(0)
        .default(0)
        .describe("Where the look begins, such as the to_byte of the last; the line that holds this byte is line 1."),
    })
    .refine(({ presets, patterns }) => presets.length + patterns.length > 0, {
      path: ["patterns"],
      error: "names nothing to look for: give patterns, presets or both",
    }),
);

type Declared = Extract<ReturnType<typeof form.read>, { readonly value: unknown }>["value"];

/**
 * Makes the step type `check.log_clean`: whether none of the patterns is found in a log. The first ten finds are named with
 * their lines. What is found is `validation_failed`, and so is what cannot be looked at as a whole.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createCheckLogClean(options: FileCheckOptions): StepType {
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
  const { path, presets, patterns, ignore, from_byte: fromByte } = declared;
  const opened = openPermitted(path, options.directories);
  if ("failed" in opened) return opened.failed;
  using file = opened;
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  if (fromByte > file.bytes) {
    const error = `${path} has ${file.bytes} bytes and is to be looked at from byte ${fromByte}: it was cut or replaced`;
    return failure(error, "validation_failed");
  }
  if (file.bytes - fromByte > maxBytes) {
    const error = `${path} has ${file.bytes - fromByte} bytes to look at, at most ${maxBytes} are looked at`;
    return failure(error, "validation_failed");
  }
  const wanted = [
    ...presets.flatMap((name) => LOG_PRESETS[name]),
    ...patterns.map((pattern) => ({ name: pattern, pattern })),
  ];
  const search = { wanted, ignored: ignore, first: false, fromByte, toByte: file.bytes };
  const answer = await scanner.scan({ source: file.descriptor, search }, signal);
  if (answer === undefined) return stopped();
  if (answer.kind === "unscanned") return failure(`${path}: ${answer.why}`, "validation_failed");
  return described(answer, { path, from_byte: fromByte, to_byte: file.bytes });
}

function described(
  answer: Extract<ScanAnswer, { readonly kind: "scanned" }>,
  place: { readonly path: string; readonly from_byte: number; readonly to_byte: number },
): StepOutput {
  const { lines, finds, total, invalidLines } = answer;
  const output: Json = {
    ...place,
    lines,
    finds: finds.map((find) => ({ ...find })),
    finds_in_all: total,
    ...(invalidLines > 0 && { invalid_utf8_lines: invalidLines }),
  };
  if (total === 0) return { success: true, output };
  const named = finds.map(({ line, text }) => `line ${line}: ${text.trim()}`).join("; ");
  const more = total > finds.length ? `; and ${total - finds.length} more` : "";
  return failure(`${place.path} is not clean: ${named}${more}`, "validation_failed", output);
}
