import { readFile, writeFile } from "node:fs/promises";

const LINE_FEED = 0x0a;

/** Copies a file and flips one bit of one byte in the middle of a line (1-based). @throws if there is no such line. */
export async function flipOneByte(from: string, to: string, line: number): Promise<void> {
  const bytes = await readFile(from);
  let start = 0;
  for (let skipped = 1; skipped < line; skipped += 1) start = bytes.indexOf(LINE_FEED, start) + 1;
  const end = bytes.indexOf(LINE_FEED, start);
  if (end <= start) throw new Error(`${from} has no line ${line}`);
  const middle = Math.floor((start + end) / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(to, bytes, { mode: 0o600 });
}
