import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { stateDirectory } from "./support/state-directory.ts";

const SCRIPT = fileURLToPath(new URL("support/unread-tail.ts", import.meta.url));
const MEBIBYTE = 1024 * 1024;
const RECORDS = 60_000;

interface Measured {
  readonly before: number;
  readonly after: number;
  readonly seen: number;
  readonly size: number;
}

async function measured(kind: "memory" | "sqlite"): Promise<Measured> {
  using state = stateDirectory();
  const words = ["--expose-gc", SCRIPT, kind, state.path, String(RECORDS)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return JSON.parse(stdout) as Measured; // written by the script
}

test("twenty readers who never read cost no memory while 60,000 records are written", async () => {
  const { before, after, seen, size } = await measured("sqlite");
  expect(after - before).toBeLessThan(16 * MEBIBYTE);
  expect(size).toBeGreaterThan(RECORDS);
  expect(seen).toBe(size); // and one of them, when it does read, misses nothing
});

test("the measure can see: a store that keeps all in memory grows by the size of its records", async () => {
  const { before, after } = await measured("memory");
  expect(after - before).toBeGreaterThan(32 * MEBIBYTE);
});
