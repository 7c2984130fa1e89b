import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { isUtf8 } from "node:buffer";
import { markerOf } from "./redactor.ts";
import { formsOf } from "./secret-forms.ts";

/** Where the value of a secret is read. */
export type SecretSource =
  | {
      /** Absolute path of a file. One line break at its end is not part of the value. */
      readonly file: string;
    }
  | {
      /** A variable of the server's own environment. */
      readonly environment: string;
    };

/** What was read. A problem never holds the value; `unfit` = there is one, and it must not be used. */
export type SecretReading =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "absent" | "unfit"; readonly problem: string };

/** A shorter one would be found by chance all over the output: replacing it would destroy the record. */
export const SECRET_BYTES_AT_LEAST = 6;
/** Room for a key of any size in use. */
export const SECRET_BYTES_AT_MOST = 16 * 1024;

const READABLE_BY_OTHERS = 0o007;

/** Reads the value of a secret now. Never throws. */
export function readSecret(
  source: SecretSource,
  environment: Readonly<Record<string, string | undefined>>,
): SecretReading {
  if ("file" in source) return readFile(source.file);
  const value = environment[source.environment];
  if (value === undefined) return { kind: "absent", problem: `the variable ${source.environment} is not set` };
  return { kind: "value", value };
}

/** Why a value cannot be a secret; undefined if it can. `names` of all secrets. */
export function unfitValue(value: string, names: readonly string[]): string | undefined {
  const bytes = Buffer.byteLength(value);
  if (bytes === 0) return "it is empty";
  if (bytes < SECRET_BYTES_AT_LEAST) {
    return `it has ${bytes} bytes; expected ${SECRET_BYTES_AT_LEAST} at least, for a shorter one cannot be scrubbed without destroying the log`;
  }
  if (bytes > SECRET_BYTES_AT_MOST) return `it is larger than ${SECRET_BYTES_AT_MOST} bytes`;
  if (value.includes("\0")) return "it contains a NUL character, which no program can be given";
  if (!value.isWellFormed()) return "it is not well-formed Unicode";
  if (value.trim() === "") return "it is blank";
  const markers = names.map(markerOf);
  const isMarker = [...formsOf(value)].some((form) => markers.some((marker) => marker.includes(form)));
  return isMarker ? `it stands in ${markerOf("...")}, which is written in the place of secrets` : undefined;
}

function readFile(path: string): SecretReading {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe nobody writes to must not hold the process
  } catch (error) {
    return { kind: "absent", problem: `its file cannot be opened (${codeOf(error)})` };
  }
  try {
    return readOpened(file);
  } catch (error) {
    return { kind: "absent", problem: `its file cannot be read (${codeOf(error)})` };
  } finally {
    closeSync(file);
  }
}

function readOpened(file: number): SecretReading {
  const stat = fstatSync(file);
  if (!stat.isFile()) return { kind: "unfit", problem: "its file is not a regular file" };
  if ((stat.mode & READABLE_BY_OTHERS) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
    return { kind: "unfit", problem: `its file has the mode ${mode}, open to others; expected 0600 or 0640` };
  }
  const buffer = Buffer.alloc(SECRET_BYTES_AT_MOST + 3); // a line break at the end, and one byte too many
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += count) {
    count = readSync(file, buffer, length, buffer.length - length, null);
  }
  const bytes = buffer.subarray(0, length);
  if (!isUtf8(bytes)) return { kind: "unfit", problem: "its file is not UTF-8 text" };
  return { kind: "value", value: bytes.toString("utf8").replace(/\r?\n$/, "") };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
