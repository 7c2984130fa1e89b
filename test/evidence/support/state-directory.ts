import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh directory that is gone when disposed. */
export interface StateDirectory extends Disposable {
  readonly path: string;
}

/** Makes a fresh directory. */
export function stateDirectory(within = tmpdir()): StateDirectory {
  const path = realpathSync(mkdtempSync(join(within, "verbatim-evidence-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The same in memory, where a sync costs nothing: for what is done thousands of times and needs no disk. */
export function memoryDirectory(): StateDirectory {
  return stateDirectory("/dev/shm");
}
