import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { readPlainLine } from "./plain-line.ts";
import type { SaidRecord } from "./said-record.ts";

/** A line that is a JSON object and ends with a hash. */
export interface OpenLine {
  /** Without the line feed. Good until the next line is taken. */
  readonly bytes: Buffer;
  readonly record: SaidRecord;
  /** The hash that it claims. */
  readonly hash: string;
}

/** A line that is none. */
export interface UnreadableLine {
  readonly bytes: Buffer;
  readonly record: undefined;
  /** The hash that it claims, if its end can be read. */
  readonly hash: string | undefined;
  readonly message: string;
}

const HASH_CHARACTERS = 43;
const BEFORE_HASH = ',"hash":"';
const CLOSING_BRACE = 0x7d;
const LINE_FEED = 0x0a;
/** Bytes of the hash member with the closing brace; each is a character of its own. */
const TAIL_BYTES = BEFORE_HASH.length + HASH_CHARACTERS + 2;
const IS_BASE64URL = new Uint8Array(128);
for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
  IS_BASE64URL[letter.charCodeAt(0)] = 1;

/** Takes a line apart. */
export function openLine(bytes: Buffer): OpenLine | UnreadableLine {
  const text = bytes.toString("utf8");
  const claimed = claimedHash(text);
  const unreadable = (message: string): UnreadableLine => ({ bytes, record: undefined, hash: claimed, message });
  if (!isUtf8(bytes)) return unreadable("the line is not UTF-8");
  if (claimed === undefined) return unreadable("the line does not end with a hash: it was cut or is no record");
  const record = readPlainLine({ bytes, text }) ?? parsed(text);
  return record === undefined ? unreadable("the line is not a JSON object") : { bytes, record, hash: claimed };
}

/** The hash that a line says it has. */
function claimedHash(text: string): string | undefined {
  const start = text.length - TAIL_BYTES;
  if (start <= 0 || !text.startsWith(BEFORE_HASH, start) || !text.endsWith('"}')) return undefined;
  const hashStart = start + BEFORE_HASH.length;
  for (let at = hashStart; at < hashStart + HASH_CHARACTERS; at += 1) {
    if (!isBase64url(text.charCodeAt(at))) return undefined;
  }
  return text.slice(hashStart, -2);
}

function isBase64url(code: number): boolean {
  return IS_BASE64URL[code] === 1;
}

function parsed(text: string): SaidRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Computes hashes of lines, in one buffer for all of them. */
export class LineHasher {
  #scratch = Buffer.allocUnsafe(4 * 1024);

  /** The hash that a line would have after a line with the hash `previous`. */
  after(previous: string, line: Buffer): string {
    const bodyBytes = line.length - TAIL_BYTES;
    const start = HASH_CHARACTERS + 1;
    if (this.#scratch.length < start + line.length) this.#scratch = Buffer.allocUnsafe(2 * (start + line.length));
    const scratch = this.#scratch;
    scratch.write(previous, 0, HASH_CHARACTERS, "latin1");
    scratch[HASH_CHARACTERS] = LINE_FEED;
    line.copy(scratch, start, 0, bodyBytes);
    scratch[start + bodyBytes] = CLOSING_BRACE;
    return hash("sha256", scratch.subarray(0, start + bodyBytes + 1), "base64url");
  }
}
