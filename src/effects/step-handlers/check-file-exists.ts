import { z } from "zod";
import type { StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure } from "./failure.ts";
import { declaredPath, kindOf, lookAt, pathViolations, requireDirectories } from "./files/permitted-file.ts";
import type { FileCheckOptions } from "./files/permitted-file.ts";

const NAME = "check.file_exists";

const form = parametersForm(
  NAME,
  z.strictObject({
    path: declaredPath,
    kind: z.enum(["file", "directory", "any"]).default("file").describe("What it must be."),
    min_bytes: z.int().min(0).optional().describe("Bytes that a file must have at least; nothing else has a size."),
  }),
);

/**
 * Makes the step type `check.file_exists`: whether something is there under a name. Opens nothing and changes nothing.
 * What is not there, or is something else, is `validation_failed`.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createCheckFileExists(options: FileCheckOptions): StepType {
  requireDirectories(options, NAME);
  const { directories } = options;
  return declaredStepType(form, {
    notPermitted: (raw) => pathViolations(raw["path"], directories),
    perform: (declared) => check(declared, directories),
  });
}

type Declared = Extract<ReturnType<typeof form.read>, { readonly value: unknown }>["value"];

function check({ path, kind, min_bytes: minBytes }: Declared, directories: readonly string[]): StepOutput {
  const look = lookAt(path, directories);
  if ("failed" in look) return look.failed;
  const { stats } = look;
  const fits = kind === "any" || (kind === "file" ? stats.isFile() : stats.isDirectory());
  const is = kindOf(stats);
  const output = { path, kind: is.replace(/^an? /, ""), ...(stats.isFile() && { bytes: stats.size }) };
  if (!fits) return failure(`${path} is ${is}, expected a ${kind}`, "validation_failed", output);
  if (minBytes === undefined) return { success: true, output };
  if (!stats.isFile()) {
    return failure(`${path} is ${is}, which has no size to compare min_bytes with`, "validation_failed", output);
  }
  if (stats.size >= minBytes) return { success: true, output };
  const error = `${path} has ${stats.size} bytes, expected at least ${minBytes}`;
  return failure(error, "validation_failed", output);
}
