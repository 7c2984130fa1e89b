import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** The plain copy follows the store within 20 ms: it is waited for, two seconds at most. */
export async function mirrorOnce(state: string, jobId: string, lines: readonly string[]): Promise<string> {
  const expected = lines.map((line) => `${line}\n`).join("");
  for (let tries = 0; ; tries += 1) {
    const text = await readFile(join(state, "runs", jobId, "events.jsonl"), "utf8").catch(() => "");
    if (text === expected || tries === 100) return text;
    await pause(20);
  }
}
