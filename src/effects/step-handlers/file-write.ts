import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { Fault } from "#model";
import type { JsonObject, Violation } from "#model";
import type { ExecutionContext, StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { listed, parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure, stopped } from "./failure.ts";
import { openBelow } from "./file-write/jail.ts";
import { placeFile } from "./file-write/place-file.ts";

/** What the server permits `file.write`. */
export interface FileWriteOptions {
  /** Absolute directory; nothing is written outside of it. */
  readonly directory: string;
  /** Bytes of one file. Default 128 KiB, which is also about what parameters hold at most. */
  readonly maxBytes?: number;
}

const NAME = "file.write";
const DEFAULT_BYTES = 128 * 1024;
const MOST_BYTES = 256 * 1024;
const NAME_BYTES = 255;
const PATH_CHARACTERS = 1024;
const DEPTH = 32;
/** What begins like this is ours, while it is being written. */
const RESERVED = ".verbatim-";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const form = parametersForm(
  NAME,
  z.strictObject({
    path: z
      .string()
      .min(1)
      .max(PATH_CHARACTERS)
      .regex(/^[^/]/, "is absolute, expected a path below the directory that is configured")
      .describe("Below the configured directory: names with / between them, no `.` and no `..`."),
    text: z.string().optional().describe("What the file holds, written as UTF-8. Either this or base64."),
    base64: z.string().regex(BASE64, "is no base64 with padding").optional().describe("What the file holds, as bytes."),
    if_exists: z
      .enum(["fail", "replace"])
      .default("fail")
      .describe("What becomes of a file that is there and holds something else. The same bytes are fine in any case."),
    permissions: z.enum(["0600", "0644"]).default("0600").describe("Who may read it: its owner, or everybody."),
  }),
);

/**
 * Makes the step type `file.write`: puts one file into a directory that the configuration names, whole or not at all, durable when the step
 * has succeeded. No link is followed below that directory, not even one that somebody makes meanwhile. The same bytes that stand there already
 * are left as they are.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createFileWrite(options: FileWriteOptions): StepType {
  requireJail(options);
  const { directory, maxBytes = DEFAULT_BYTES } = options;
  const problemsOf = (raw: JsonObject): readonly Violation[] => [
    ...pathViolations(raw["path"]),
    ...contentViolations(raw, maxBytes),
  ];
  return declaredStepType(form, {
    notPermitted: problemsOf,
    perform({ path, text, base64, if_exists: ifExists, permissions }, { raw, context, signal }): StepOutput {
      const outside = pathViolations(raw["path"]);
      if (outside.length > 0) return failure(listed(outside), "sandbox_violation");
      const wrong = contentViolations(raw, maxBytes);
      if (wrong.length > 0) return failure(listed(wrong), "validation_failed");
      if (signal.aborted) return stopped();
      const bytes = text === undefined ? Buffer.from(base64 ?? "", "base64") : Buffer.from(text);
      const names = path.split("/");
      const opened = openBelow(directory, names.slice(0, -1));
      if ("failed" in opened) return opened.failed;
      using parent = opened;
      const name = names.at(-1) ?? "";
      const file = {
        path,
        name,
        bytes,
        permissions: Number.parseInt(permissions, 8),
        ifExists,
        temporary: temporaryName(context),
      };
      const placed = placeFile(parent, file);
      if ("failed" in placed) return placed.failed;
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { success: true, output: { path, bytes: bytes.length, sha256, written: placed.written } };
    },
  });
}

function pathViolations(path: unknown): readonly Violation[] {
  if (typeof path !== "string" || path === "") return []; // said already
  const names = path.split("/");
  const problems = [
    ...(names.length > DEPTH ? [`has ${names.length} names, expected at most ${DEPTH}`] : []),
    ...(names.some((name) => name === "." || name === "..") ? ["has `.` or `..` in it"] : []),
    ...(names.includes("") ? ["begins or ends with / or has // in it"] : []),
    ...(path.includes("\0") || !path.isWellFormed() ? ["has a NUL or a lone surrogate"] : []),
    ...(names.some((name) => Buffer.byteLength(name) > NAME_BYTES)
      ? [`has a name of more than ${NAME_BYTES} bytes`]
      : []),
    ...(names.some((name) => name.startsWith(RESERVED))
      ? [`has a name that begins with ${RESERVED}, which is ours`]
      : []),
  ];
  return problems.map((description) => ({ field: "path", description }));
}

function contentViolations({ text, base64 }: JsonObject, maxBytes: number): readonly Violation[] {
  if ((text === undefined) === (base64 === undefined))
    return [{ field: "text", description: "and base64 are both there or both missing; expected one of them" }];
  const violations: Violation[] = [];
  const field = text === undefined ? "base64" : "text";
  if (typeof text === "string" && !text.isWellFormed()) violations.push({ field, description: "has a lone surrogate" });
  const bytes =
    typeof text === "string"
      ? Buffer.byteLength(text)
      : typeof base64 === "string"
        ? Buffer.byteLength(base64, "base64")
        : 0;
  if (bytes > maxBytes)
    violations.push({
      field,
      description: `is ${bytes} bytes, and the server's configuration permits at most ${maxBytes}`,
    });
  return violations;
}

/** The same for the same step, so that a second try finds what a first one has left. */
function temporaryName({ idempotencyKey }: ExecutionContext): string {
  return `${RESERVED}${createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 32)}`;
}

function requireJail({ directory, maxBytes = DEFAULT_BYTES }: FileWriteOptions): void {
  const violations: Violation[] = [];
  if (!isAbsolute(directory))
    violations.push({ field: "directory", description: `"${directory}" is not an absolute path` });
  if (!(Number.isInteger(maxBytes) && maxBytes >= 1 && maxBytes <= MOST_BYTES))
    violations.push({ field: "max_bytes", description: `is ${maxBytes}, expected 1 to ${MOST_BYTES}` });
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw new Fault("INVALID_CONFIGURATION", `${NAME} is not configured as it must be: ${list}`, { violations });
}
