import { existsSync, fsyncSync, ftruncateSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { digest } from "../../canonical-json.ts";
import { syncDirectory, writeWhole } from "../../durable-file.ts";
import type { TornTail } from "../../log-damage.ts";
import { readRest } from "./run-file.ts";
import type { RunFile } from "./run-file.ts";

/** The name of the log's file, and of what was cut off it. */
const COPY = ".torn-";

/**
 * Cuts off what a crash left behind the last whole line: first a durable copy beside the log, `events.jsonl.torn-OFFSET`, then
 * the cut, then a sync. A crash in between leaves it to be done again. @throws what the system says.
 */
export function cutTornTail(path: string, run: RunFile): TornTail {
  const bytes = readRest(run);
  const offset = run.offsets.at(-1) ?? 0;
  const copy = keepCopy(`${path}${COPY}${offset}`, bytes);
  syncDirectory(dirname(path));
  ftruncateSync(run.file, offset);
  fsyncSync(run.file);
  return { offset, bytes: bytes.length, sha256: digest(bytes), copy: basename(copy) };
}

/** What an earlier start cut off right behind the last line, if nothing has been added since. */
export function tailCutBefore(path: string, { offsets }: RunFile): TornTail | undefined {
  const offset = offsets.at(-1) ?? 0;
  const name = `${basename(path)}${COPY}${offset}`;
  const copies = readdirSync(dirname(path)).filter((file) => file === name || file.startsWith(`${name}.`));
  const copy = copies
    .filter((file) => !file.endsWith(".part"))
    .toSorted(byNumber)
    .at(-1);
  if (copy === undefined) return undefined;
  const bytes = readFileSync(join(dirname(path), copy));
  return { offset, bytes: bytes.length, sha256: digest(bytes), copy };
}

/** Another tail that was cut off at the same place is another file: `.2`, `.3`, ... */
function keepCopy(path: string, bytes: Buffer): string {
  for (let number = 1; ; number += 1) {
    const copy = number === 1 ? path : `${path}.${number}`;
    if (existsSync(copy) && readFileSync(copy).equals(bytes)) return copy;
    if (existsSync(copy)) continue;
    writeWhole(copy, bytes);
    return copy;
  }
}

function byNumber(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}
