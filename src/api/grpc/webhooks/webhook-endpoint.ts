import type { ChangeOperation } from "#model";

/** An endpoint of the side port that takes signed deliveries of one sender, and makes a change of each. */
export interface WebhookEndpoint {
  /** At most 32 characters; it stands in the id of each change. */
  readonly name: string;
  /** The whole path, `/webhooks/` first. */
  readonly path: string;
  /** What sender and server share. Never empty. */
  readonly secret: Buffer;
  /** Header of the signature, in lower case. */
  readonly signatureHeader: string;
  /** What stands before the signature in its header, such as `sha256=`; it has to be there exactly. */
  readonly signaturePrefix: string;
  /** How the HMAC-SHA-256 is written: hexadecimal in lower case, or base64 with its padding. */
  readonly signatureEncoding: "hex" | "base64";
  /** What is signed: a text with `{id}` and `{timestamp}`, and `{body}` last. */
  readonly signed: string;
  /** Header of the seconds since 1970 at which a delivery was signed, and how far they may be from now. */
  readonly timestamp: { readonly header: string; readonly toleranceSeconds: number } | undefined;
  /** Header of the id of a delivery, which a repeated one has again; in lower case. */
  readonly deliveryHeader: string;
  /** What is one delivery however often it comes: what has one id, or what has one body. */
  readonly oncePer: "delivery" | "body";
  readonly maxBytes: number;
  /** How long a body may take to come, milliseconds. */
  readonly bodyMs: number;
  /** Entity whose hooks are asked. */
  readonly entity: string;
  /** The same of each delivery; or by a text in the body, where a text that does not stand in `is` asks for nothing. */
  readonly operation: ChangeOperation | { readonly at: string; readonly is: ReadonlyMap<string, ChangeOperation> };
  /** Where the record stands in the body: a JSON pointer, empty = the whole body. */
  readonly record: string;
  /** Where the record as it was before stands; undefined = nowhere. */
  readonly old: string | undefined;
}

/** Why a delivery was refused: for whoever watches the server, and never for who sent it. */
export const REFUSALS = [
  "unknown_path",
  "method",
  "browser",
  "content_type",
  "content_encoding",
  "delivery_id",
  "timestamp",
  "signature",
  "body_empty",
  "body_too_large",
  "body_slow",
  "body_cut",
  "crowded_out",
] as const;

/** One of {@link REFUSALS}. */
export type Refusal = (typeof REFUSALS)[number];

/** What became of a delivery. `accepted` and `known` name its change; `known` was there before, or asked for no work. */
export type WebhookNews =
  | { readonly endpoint: string; readonly outcome: "accepted" | "known" | "ignored" }
  | { readonly endpoint: string; readonly outcome: "refused"; readonly reason: Refusal; readonly peer: string }
  /** It was signed, and could not be taken in. */
  | { readonly endpoint: string; readonly outcome: "failed"; readonly error: unknown };

/** Told of each delivery; must not throw. */
export type OnWebhook = (news: WebhookNews) => void;
