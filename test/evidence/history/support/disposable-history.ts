import { join } from "node:path";
import { createSqliteHistory } from "#evidence";
import type { RunHistory } from "#evidence";
import { stateDirectory } from "../../support/state-directory.ts";

/** When each file was made. */
export const NOW = { now: () => "2026-11-21T00:00:00.000Z" };

/** The history, which is closed when the test ends, and then `free`. */
export function disposable(history: RunHistory, free: () => void = () => undefined): RunHistory & Disposable {
  return Object.assign(history, {
    [Symbol.dispose]: () => {
      history.close();
      free();
    },
  });
}

/** A history in a file of its own, which is gone when the test ends. */
export function fileHistory(): RunHistory & Disposable {
  const directory = stateDirectory();
  const history = createSqliteHistory(join(directory.path, "history.db"), NOW);
  return disposable(history, () => directory[Symbol.dispose]());
}
