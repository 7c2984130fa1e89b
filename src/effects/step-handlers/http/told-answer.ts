import { isUtf8 } from "node:buffer";
import { LIMITS } from "#model";
import type { Json, JsonObject } from "#model";
import type { HttpAnswer } from "./http-message.ts";

const HEADER_CHARACTERS = 4096;
/** What the output may nest within itself. */
const DEPTH = LIMITS.jsonDepth - 4;

/** Headers that are told of every answer that has them. */
const ALWAYS_TOLD = ["content-type", "etag", "last-modified", "location", "retry-after"];

/** What is recorded of an answer: its status, the headers that were asked for, and its body as JSON, text or base64. */
export function toldAnswer(answer: HttpAnswer, asked: readonly string[]): JsonObject {
  const { url, status, headers, redirects, body, cut } = answer;
  const names = new Set([...ALWAYS_TOLD, ...asked.map((name) => name.toLowerCase())]);
  const told = [...names].flatMap((name): [string, Json][] => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return value === undefined ? [] : [[name, [value].flat().join(", ").slice(0, HEADER_CHARACTERS).toWellFormed()]];
  });
  return {
    url,
    status,
    headers: Object.fromEntries(told),
    bytes: body.length,
    ...(cut && { truncated: true }),
    ...(redirects > 0 && { redirects }),
    ...toldBody(answer),
  };
}

function toldBody({ body, cut, headers }: HttpAnswer): JsonObject {
  if (body.length === 0) return {};
  const whole = cut ? withoutHalfCharacter(body) : body;
  if (!isUtf8(whole)) return { base64: body.toString("base64") };
  const text = whole.toString();
  const isJson = /^application\/(?:[^;]*\+)?json\s*(?:;|$)/i.test(String(headers["content-type"] ?? ""));
  const json = isJson && !cut ? exactJson(text) : undefined;
  return json === undefined ? { text } : { json };
}

/** The value that a text stands for; undefined if it is no JSON, or could not be recorded as the same. */
function exactJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json; // JSON gives JSON
    return isExact(value, 0) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** No whole number that was rounded, no text that is not Unicode, nothing nested too deep. */
function isExact(value: Json, depth: number): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth >= DEPTH) return false;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isExact(member, depth + 1));
}

/** The bytes without the beginning of a character that was cut in two. */
function withoutHalfCharacter(body: Buffer): Buffer {
  const start = body.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  const lead = body[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start >= 0 && start + length > body.length ? body.subarray(0, start) : body;
}
