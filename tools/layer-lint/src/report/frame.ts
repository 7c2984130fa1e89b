import { readFileSync } from "node:fs";
import { join } from "node:path";
import { printable } from "./printable.ts";

/** Lines shown before and after the one that matters. */
const CONTEXT_LINES = 1;
/** Wider lines are cut around the column that matters. */
const MAX_WIDTH_CHARACTERS = 140;
const BEFORE_COLUMN_CHARACTERS = 60;

/** A place whose line is to be shown; without a column no caret stands below it. */
export interface FramedPlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** Shows the line of a place with a caret, and its neighbours; nothing if the file has no such line. */
export type Frames = (place: FramedPlace) => readonly string[];

/** Frames of the files of the project at the absolute path `root`; each file is read once. */
export function openFrames(root: string): Frames {
  const texts = new Map<string, readonly string[]>();
  const linesOf = (file: string): readonly string[] => {
    const known = texts.get(file);
    if (known !== undefined) return known;
    const lines = readLines(join(root, file));
    texts.set(file, lines);
    return lines;
  };
  return (place) => frameOf(linesOf(place.file), place);
}

function frameOf(lines: readonly string[], { line, column }: FramedPlace): string[] {
  const text = lines[line - 1];
  if (text === undefined || text.trim() === "") return [];
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const width = String(last).length;
  const from = Math.max(0, Math.min((column ?? 1) - 1, text.length) - BEFORE_COLUMN_CHARACTERS);
  const start = text.length <= MAX_WIDTH_CHARACTERS ? 0 : from;
  const shown: string[] = [];
  for (let at = first; at <= last; at++) {
    const mark = at === line ? ">" : " ";
    const content = cut(lines[at - 1] ?? "", start);
    shown.push(`${mark} ${String(at).padStart(width)} | ${content}`.trimEnd());
    if (at !== line || column === undefined) continue;
    const before = cut(text.slice(0, column - 1), start);
    shown.push(`  ${" ".repeat(width)} | ${" ".repeat(before.length)}^`);
  }
  return shown;
}

function cut(text: string, start: number): string {
  const visible = text.slice(start, start + MAX_WIDTH_CHARACTERS);
  const head = start > 0 && text.length > start ? "…" : "";
  const tail = text.length > start + MAX_WIDTH_CHARACTERS ? "…" : "";
  return printable(`${head}${visible}${tail}`.replaceAll("\t", "  "));
}

function readLines(path: string): string[] {
  try {
    return decode(readFileSync(path)).split(/\r\n|[\n\r\u2028\u2029]/);
  } catch {
    // A finding can be about a file that is not there; then there is nothing to show.
    return [];
  }
}

function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return new TextDecoder("utf-8").decode(bytes);
}
