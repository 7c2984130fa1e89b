import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HookSet } from "#model";
import { readHooks } from "../../../src/api/hook-file/read-hooks.ts";

/** The hooks of a helpdesk: what each of its lines becomes is tried by changing it. */
export const EXAMPLE = await readFile(join(import.meta.dirname, "helpdesk.yaml"), "utf8");

/** The example with one piece of its text replaced, and the line on which that piece begins. */
export function changed(search: string, replacement: string): { readonly text: string; readonly line: number } {
  const pieces = EXAMPLE.split(search);
  const [before = ""] = pieces;
  if (pieces.length !== 2)
    throw new Error(`${JSON.stringify(search)} stands ${pieces.length - 1} times in the example`);
  return { text: pieces.join(replacement), line: before.split("\n").length };
}

/** What is told of a text: each line and its problem. */
export async function toldOf(text: string, stepTypes?: readonly string[]): Promise<readonly string[]> {
  const read = await readHooks(text, { name: "h", ...(stepTypes !== undefined && { stepTypes }) });
  return "violations" in read ? read.violations.map(({ field, description }) => `${field} ${description}`) : [];
}

/** The hooks of a text that has nothing wrong. */
export async function hooksOf(text: string): Promise<HookSet> {
  const read = await readHooks(text, { name: "h" });
  if ("violations" in read) throw new Error(JSON.stringify(read.violations));
  return read.value;
}
