import { readFile } from "node:fs/promises";
import { Fault } from "#model";
import { refuseEndless } from "./plain-file.ts";

/** The text of a file that a flag names; `what` is said of it. @throws {Fault} INVALID_REQUEST if it cannot be read. */
export async function fileText(path: string, what: string): Promise<string> {
  const text = await fileTextIfThere(path, what);
  if (text !== undefined) return text;
  throw new Fault("INVALID_REQUEST", `The ${what} ${path} cannot be read (ENOENT).`);
}

/** The same; undefined if there is no such file. */
export async function fileTextIfThere(path: string, what: string): Promise<string | undefined> {
  refuseEndless(path, what);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    if (code === "ENOENT") return undefined;
    throw new Fault("INVALID_REQUEST", `The ${what} ${path} cannot be read (${code}).`, { cause });
  }
}
