import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh directory that is gone when disposed. */
export interface StateDirectory extends Disposable {
  readonly path: string;
}

/** Makes a fresh directory. */
export function stateDirectory(): StateDirectory {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "verbatim-evidence-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
