import { hash } from "node:crypto";
import canonicalize from "canonicalize";

/** RFC 8785. @throws {Error} on what JSON cannot say: NaN, cycles, lone surrogates, undefined. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`JSON cannot say this ${typeof value}`);
  return text;
}

/** Base64url SHA-256 of UTF-8 text or bytes: 43 characters. */
export function digest(content: string | Uint8Array): string {
  return hash("sha256", content, "base64url");
}
