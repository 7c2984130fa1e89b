import { open } from "node:fs/promises";
import { Fault } from "#model";

/** A key file as it was read. */
export interface ReadKeyFile {
  /** Undefined = as it was at the version that is known. */
  readonly text: string | undefined;
  /** Another one for every change. */
  readonly version: string;
}

/**
 * Reads a key file, unless it is still the one that is known.
 * @throws {Fault} INVALID_CONFIGURATION if it cannot be read, is too long, or others may write it.
 */
export async function readKeyFile(file: string, bytes: number, known?: string): Promise<ReadKeyFile> {
  try {
    await using handle = await open(file, "r");
    const { mtimeMs, ctimeMs, size, ino, mode } = await handle.stat();
    const version = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    if (version === known) return { text: undefined, version };
    if ((mode & 0o022) !== 0) throw invalid(file, "can be written by others: whoever writes it says who is let in");
    if (size > bytes) throw invalid(file, `has ${size} bytes; at most ${bytes} are allowed`);
    return { text: await handle.readFile("utf8"), version };
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw invalid(file, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function invalid(file: string, what: string): Fault {
  const violations = [{ field: "identity.tokens.keys.file", description: what }];
  return new Fault("INVALID_CONFIGURATION", `The key file ${file} ${what}.`, { violations });
}
