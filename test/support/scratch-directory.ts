import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that is there until it is disposed. */
export interface ScratchDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Makes an empty directory of its own. */
export async function scratchDirectory(within = tmpdir()): Promise<ScratchDirectory> {
  const path = await mkdtemp(join(within, "vb-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
