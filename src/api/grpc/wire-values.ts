import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { canonicalJson } from "#evidence";
import type { Json } from "#model";

const NO_BYTES = new Uint8Array(0);

/** JSON as it travels: canonical (RFC 8785), UTF-8; no bytes for undefined. */
export function jsonBytes(value: Json | undefined): Uint8Array {
  if (value === undefined) return NO_BYTES;
  return Buffer.from(canonicalJson(value), "utf8");
}

/** JSON as it stands, for values whose bytes nobody hashes; no bytes for undefined. */
export function plainJsonBytes(value: Json | undefined): Uint8Array {
  return value === undefined ? NO_BYTES : Buffer.from(JSON.stringify(value), "utf8");
}

/** The value that {@link jsonBytes} wrote; undefined for no bytes. @throws {SyntaxError} if it is not JSON. */
export function jsonOf(bytes: Uint8Array): Json | undefined {
  if (bytes.length === 0) return undefined;
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")) as Json; // JSON by definition
}

/** A time in RFC 3339 as a protobuf timestamp; undefined if it is none. */
export function timestamp(text: string): Timestamp | undefined {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  const seconds = Math.floor(ms / 1000);
  return { $typeName: "google.protobuf.Timestamp", seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}

/** A protobuf timestamp in RFC 3339, UTC, milliseconds; empty if absent. */
export function rfc3339(time: Timestamp | undefined): string {
  if (time === undefined) return "";
  return new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000)).toISOString();
}
