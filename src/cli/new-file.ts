import { writeFile } from "node:fs/promises";
import { Fault } from "#model";

/** Writes a file that is not there yet. @throws {Fault} INVALID_REQUEST if it is, or if it cannot be written. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  if (await writeIfAbsent(path, text)) return;
  throw new Fault("INVALID_REQUEST", `${path} is there already, and nothing is written over: name another file.`);
}

/** The same; whether it was written. One that is there is left as it is. @throws {Fault} INVALID_REQUEST */
export async function writeIfAbsent(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    if (code === "EEXIST") return false;
    throw new Fault("INVALID_REQUEST", `${path} cannot be written (${code}).`, { cause });
  }
}
