import { isUtf8 } from "node:buffer";
import type { LinePattern, LineTest } from "./line-pattern.ts";
import { lineTest } from "./line-pattern.ts";

/** What is looked for in which lines. */
export interface LineSearch {
  readonly wanted: readonly LinePattern[];
  /** A line in which one of these is found is passed over. */
  readonly ignored: readonly string[];
  /** Whether the first find is enough. */
  readonly first: boolean;
  /** Where to begin; the line that holds this byte is looked at from its start, and is line 1. */
  readonly fromByte: number;
  /** Where to stop, exclusive. */
  readonly toByte: number;
}

/** What a thread is given. */
export interface ScanTask {
  /** A file descriptor, which stays open until the scan has ended, or the bytes themselves. */
  readonly source: number | Uint8Array;
  readonly search: LineSearch;
}

/** A line in which something was found. */
export interface LineFind {
  /** From 1. */
  readonly line: number;
  /** The name of the pattern. */
  readonly pattern: string;
  /** At most 200 characters of the line. */
  readonly text: string;
}

/** What a scan saw, or why it could not see. */
export type ScanAnswer =
  | {
      readonly kind: "scanned";
      readonly lines: number;
      /** The first finds, at most 10. */
      readonly finds: readonly LineFind[];
      /** All finds. */
      readonly total: number;
      /** Lines that are not well-formed UTF-8; they were read with U+FFFD for what is not. */
      readonly invalidLines: number;
    }
  | { readonly kind: "unscanned"; readonly why: string };

/** Reads into `buffer` from a place on; returns how many bytes it got, 0 at the end. */
export type ReadAt = (buffer: Uint8Array, position: number) => number;

/** The longest line that is looked at, without its end. */
export const LINE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const FINDS = 10;
const FIND_CHARACTERS = 200;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Looks for patterns in the lines of a file. Memory does not grow with the file: one chunk, one line, ten finds. */
export function scanLines(read: ReadAt, search: LineSearch): ScanAnswer {
  const start = startOfLine(read, search.fromByte);
  if (start === undefined) return unscanned(`the line at byte ${search.fromByte} ${TOO_LONG}`);
  if (search.fromByte === 0 && isUtf16(read)) return unscanned("it is UTF-16, expected UTF-8: convert it first");
  const seen = new SeenLines(search);
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let position = start;
  while (position < search.toByte) {
    const got = read(buffer.subarray(0, Math.min(CHUNK_BYTES, search.toByte - position)), position);
    if (got === 0) return unscanned(`it ended at byte ${position}, although it had ${search.toByte} before`);
    position += got;
    let at = 0;
    for (let end = buffer.indexOf(LINE_FEED); end >= 0 && end < got; end = buffer.indexOf(LINE_FEED, at)) {
      const piece = buffer.subarray(at, end);
      if (!seen.take(rest.length === 0 ? piece : Buffer.concat([rest, piece]))) return seen.answer();
      rest = Buffer.alloc(0);
      at = end + 1;
    }
    rest = Buffer.concat([rest, buffer.subarray(at, got)]);
    if (rest.length > LINE_BYTES + 1) return unscanned(`line ${seen.lines + 1} ${TOO_LONG}`);
  }
  if (rest.length > 0) seen.take(rest);
  return seen.answer();
}

const TOO_LONG = `is longer than ${LINE_BYTES} bytes, and no longer line is looked at`;

function unscanned(why: string): ScanAnswer {
  return { kind: "unscanned", why };
}

class SeenLines {
  lines = 0;
  readonly #wanted: readonly { readonly name: string; readonly test: LineTest }[];
  readonly #ignored: readonly LineTest[];
  readonly #first: boolean;
  readonly #finds: LineFind[] = [];
  #total = 0;
  #invalid = 0;
  #tooLong = false;

  constructor({ wanted, ignored, first }: LineSearch) {
    this.#wanted = wanted.map((pattern) => ({ name: pattern.name, test: lineTest(pattern) }));
    this.#ignored = ignored.map((pattern) => lineTest({ pattern }));
    this.#first = first;
  }

  /** Looks at a line without its line feed; false = no more is needed. */
  take(bytes: Buffer): boolean {
    this.lines += 1;
    const line = bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
    this.#tooLong = line.length > LINE_BYTES;
    if (this.#tooLong) return false;
    if (!isUtf8(line)) this.#invalid += 1;
    const text = line.toString("utf8");
    const found = this.#wanted.find(({ test }) => test(text));
    if (found === undefined || this.#ignored.some((test) => test(text))) return true;
    this.#total += 1;
    const told = text.slice(0, FIND_CHARACTERS).toWellFormed();
    if (this.#finds.length < FINDS) this.#finds.push({ line: this.lines, pattern: found.name, text: told });
    return !this.#first;
  }

  answer(): ScanAnswer {
    if (this.#tooLong) return unscanned(`line ${this.lines} ${TOO_LONG}`);
    const { lines } = this;
    return { kind: "scanned", lines, finds: this.#finds, total: this.#total, invalidLines: this.#invalid };
  }
}

/** Where the line begins that holds a byte; undefined if that is too far back. A half line that was seen is seen again. */
function startOfLine(read: ReadAt, fromByte: number): number | undefined {
  const back = Math.min(fromByte, LINE_BYTES + 1);
  const before = Buffer.alloc(back);
  let got = 0;
  while (got < back) {
    const more = read(before.subarray(got), fromByte - back + got);
    if (more === 0) return fromByte; // it has become shorter, which the scan will say
    got += more;
  }
  const last = before.lastIndexOf(LINE_FEED);
  if (last >= 0) return fromByte - back + last + 1;
  return back === fromByte ? 0 : undefined;
}

/** A file in two bytes a character would be clean of everything. */
function isUtf16(read: ReadAt): boolean {
  const mark = Buffer.alloc(2);
  if (read(mark, 0) < 2) return false;
  return (mark[0] === 0xff && mark[1] === 0xfe) || (mark[0] === 0xfe && mark[1] === 0xff);
}
