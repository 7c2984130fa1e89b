import type { SaidRecord } from "./said-record.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
const PLUS = 0x2b;
/** Digits that a number may have to be exact. */
const EXACT_DIGITS = 15;
const DEEPEST = 64;

/** The members of a record about a step that a verification looks at. */
const LOOKED_AT = [
  "event_type",
  "run_id",
  "seq",
  "attempt",
  "job_key",
  "job_id",
  "step_index",
  "step_type",
  "target",
  "status",
  "error_class",
  "reason",
  "outputs_hash",
  "output",
] as const;

type LookedAt = (typeof LOOKED_AT)[number];

interface Named {
  readonly name: LookedAt;
  readonly bytes: Uint8Array;
}

/** By length, so that most others are passed over without a comparison. */
const BY_LENGTH: readonly (readonly Named[] | undefined)[] = Array.from({ length: 16 }, (_none, length) => {
  const names = LOOKED_AT.filter((name) => name.length === length);
  return names.length === 0 ? undefined : names.map((name) => ({ name, bytes: Buffer.from(name) }));
});

const WORDS = ["true", "false", "null"].map((word) => Buffer.from(word));

/** Anything but the plainest JSON was met. */
const NOT_PLAIN = -1;

/**
 * Reads a line as Verbatim writes it: compact JSON, ASCII, without escapes. It is a fast way past the parser for records of steps,
 * and gives of them what is looked at. For anything else it gives undefined, and the parser decides: what is no JSON is not accepted.
 */
export function readPlainLine({
  bytes,
  text,
}: {
  readonly bytes: Uint8Array;
  readonly text: string;
}): SaidRecord | undefined {
  if (bytes[0] !== BRACE || text.length !== bytes.length) return undefined;
  const record: Partial<Record<LookedAt, unknown>> = {};
  for (let at = 1; ; at += 1) {
    const colon = endOfString(bytes, at);
    if (colon === NOT_PLAIN || bytes[colon] !== COLON) return undefined;
    const from = colon + 1;
    const end = endOfValue(bytes, from, DEEPEST);
    if (end === NOT_PLAIN) return undefined;
    const name = lookedAt(bytes, at + 1, colon - at - 2);
    if (name !== undefined) {
      const value = plainValue(text, { from, end, first: bytes[from] ?? 0 });
      if (value === undefined) return undefined;
      record[name] = value;
    }
    at = end;
    if (bytes[at] === BRACE_END) return at + 1 === bytes.length && isStep(record.event_type) ? record : undefined;
    if (bytes[at] !== COMMA) return undefined;
  }
}

function isStep(type: unknown): boolean {
  return typeof type === "string" && type.startsWith("step.");
}

/** The name of so many bytes from `start` on, if it is one that is looked at. */
function lookedAt(bytes: Uint8Array, start: number, length: number): LookedAt | undefined {
  const candidates = BY_LENGTH[length];
  if (candidates === undefined) return undefined;
  for (let which = 0; which < candidates.length; which += 1) {
    const candidate = candidates[which];
    if (candidate !== undefined && standsAt(bytes, candidate.bytes, start)) return candidate.name;
  }
  return undefined;
}

function standsAt(bytes: Uint8Array, word: Uint8Array, start: number): boolean {
  for (let at = 0; at < word.length; at += 1) if (bytes[start + at] !== word[at]) return false;
  return true;
}

/** What was passed over, as a value; undefined for what only the parser can say exactly. */
function plainValue(
  text: string,
  { from, end, first }: { readonly from: number; readonly end: number; readonly first: number },
): unknown {
  if (first === QUOTE) return text.slice(from + 1, end - 1);
  if (first < ZERO || first > NINE) return JSON.parse(text.slice(from, end));
  if (end - from > EXACT_DIGITS) return undefined;
  let value = 0;
  for (let at = from; at < end; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = 10 * value + digit;
  }
  return value;
}

/** Where the string that begins at `at` has ended. */
function endOfString(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return NOT_PLAIN;
  for (let place = at + 1; place < bytes.length; place += 1) {
    const code = bytes[place] ?? 0;
    if (code === QUOTE) return place + 1;
    if (code < SPACE || code === BACKSLASH) return NOT_PLAIN;
  }
  return NOT_PLAIN;
}

/** Where the value that begins at `at` has ended. */
function endOfValue(bytes: Uint8Array, at: number, depth: number): number {
  const code = bytes[at] ?? 0;
  if (code === QUOTE) return endOfString(bytes, at);
  if (code === BRACE || code === BRACKET) return depth === 0 ? NOT_PLAIN : endOfContainer(bytes, at, depth - 1);
  if (code === MINUS || (code >= ZERO && code <= NINE)) return endOfNumber(bytes, at);
  for (const word of WORDS) if (standsAt(bytes, word, at)) return at + word.length;
  return NOT_PLAIN;
}

function endOfContainer(bytes: Uint8Array, at: number, depth: number): number {
  const isObject = bytes[at] === BRACE;
  const closing = isObject ? BRACE_END : BRACKET_END;
  if (bytes[at + 1] === closing) return at + 2;
  for (let place = at + 1; ; place += 1) {
    if (isObject) {
      place = endOfString(bytes, place);
      if (place === NOT_PLAIN || bytes[place] !== COLON) return NOT_PLAIN;
      place += 1;
    }
    place = endOfValue(bytes, place, depth);
    if (place === NOT_PLAIN) return NOT_PLAIN;
    if (bytes[place] === closing) return place + 1;
    if (bytes[place] !== COMMA) return NOT_PLAIN;
  }
}

function endOfNumber(bytes: Uint8Array, at: number): number {
  let place = bytes[at] === MINUS ? at + 1 : at;
  place = bytes[place] === ZERO ? place + 1 : endOfDigits(bytes, place);
  if (place !== NOT_PLAIN && bytes[place] === DOT) place = endOfDigits(bytes, place + 1);
  if (place === NOT_PLAIN || (bytes[place] !== LOWER_E && bytes[place] !== UPPER_E)) return place;
  const sign = bytes[place + 1];
  return endOfDigits(bytes, sign === PLUS || sign === MINUS ? place + 2 : place + 1);
}

/** Where the digits have ended that begin at `at`; there has to be one. */
function endOfDigits(bytes: Uint8Array, at: number): number {
  let place = at;
  for (let code = bytes[place] ?? 0; code >= ZERO && code <= NINE; code = bytes[place] ?? 0) place += 1;
  return place > at ? place : NOT_PLAIN;
}
