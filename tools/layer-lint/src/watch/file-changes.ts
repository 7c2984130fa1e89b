import type { FSWatcher } from "node:fs";
import { statSync, watch } from "node:fs";
import { join } from "node:path";

/** Changes that come together, as when an editor saves or git switches branches, are one. */
const GATHER_MS = 100;

/** Tells when something changed in the folders that are followed. */
export interface FileChanges extends Disposable {
  /**
   * Follows these folders from now on, with all that is in them.
   * @returns Whether one was not followed before: what changed in it until now went unseen.
   */
  follow(folders: readonly string[]): boolean;
  /** Whether there was a change, or, if there was none yet, waits for it; false once it is to end. */
  next(): Promise<boolean>;
}

interface Followed {
  readonly watcher: FSWatcher;
  /** A folder that was removed and made again is another one. */
  readonly inode: number;
}

/**
 * Follows the JSON files directly in `root` (configuration, tsconfig, package), and the folders that it is told.
 * @param root - Absolute.
 */
export function openChanges(root: string, until: AbortSignal): FileChanges {
  const followed = new Map<string, Followed>();
  let wake = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure = error;
    wake.resolve();
  };
  const changed = (): void => {
    timer ??= setTimeout(() => wake.resolve(), GATHER_MS);
  };
  const isOfTop = (name: string | null): boolean =>
    name === null || name.endsWith(".json") || [...followed.keys()].some((folder) => folder.split("/")[0] === name);
  const top = watch(root, (_event, name) => {
    if (isOfTop(name)) changed();
  }).on("error", fail);
  until.addEventListener("abort", () => wake.resolve());
  return {
    follow(folders) {
      let isNew = false;
      for (const folder of folders) {
        const inode = statSync(join(root, folder), { throwIfNoEntry: false })?.ino;
        const known = followed.get(folder);
        if (inode === undefined || known?.inode === inode) continue;
        known?.watcher.close();
        const watcher = watch(join(root, folder), { recursive: true }, changed).on("error", fail);
        followed.set(folder, { watcher, inode });
        isNew = true;
      }
      return isNew;
    },
    async next() {
      if (!until.aborted) await wake.promise;
      if (failure !== undefined) throw new Error("The folders cannot be watched", { cause: failure });
      wake = Promise.withResolvers();
      timer = undefined;
      return !until.aborted;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const { watcher } of [{ watcher: top }, ...followed.values()]) watcher.close();
    },
  };
}
