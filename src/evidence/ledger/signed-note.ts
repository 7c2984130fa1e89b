import { createPublicKey, hash } from "node:crypto";
import type { PublicKey } from "../signing/public-key.ts";
import { readPublicKey } from "../signing/public-key.ts";
import type { Signer } from "../signing/signer.ts";

/** Most characters of a note, and most signatures on it; more is refused unread. */
const NOTE_CHARACTERS = 256 * 1024;
const SIGNATURES = 32;

const KEY_ID_BYTES = 4;
const ED25519 = 0x01;
const ED25519_KEY_BYTES = 32;
const EM_DASH = "\u2014";

/** What no key name may hold: spaces of any kind, the plus sign, control characters. */
const KEY_NAME = /^[^\s\p{Z}\p{Cc}+]+$/u;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/u; // eslint-disable-line no-control-regex -- what the format forbids

/** One signature of a note, as its line says it. */
export interface NoteSignature {
  readonly name: string;
  /** Hexadecimal digits of the key id's four bytes. */
  readonly keyId: string;
  readonly signature: Buffer;
}

/** A note taken apart: <https://c2sp.org/signed-note>. Nothing of it is proven by that. */
export interface SignedNote {
  /** With its last line feed: the bytes that are signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** What can be said of a note's signatures with one key. */
export type NoteVerdict = "valid" | "bad_signature" | "unknown_key";

/** Whether a name can stand in a signature line. */
export function isKeyName(name: string): boolean {
  return KEY_NAME.test(name);
}

/**
 * The id of a key in a note, as hexadecimal digits. Ed25519: SHA-256 of name, line feed, 0x01 and the 32 bytes of the key;
 * ECDSA (type 0x02): SHA-256 of the key in DER. Of both the first four bytes.
 */
export function noteKeyId(name: string, { algorithm, pem }: Pick<PublicKey, "algorithm" | "pem">): string {
  const der = createPublicKey(pem).export({ type: "spki", format: "der" });
  if (algorithm === "ecdsa-p256") return firstBytes(der);
  return firstBytes(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), der.subarray(-ED25519_KEY_BYTES)]));
}

function firstBytes(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex").slice(0, KEY_ID_BYTES * 2);
}

/** Signs a text that ends with a line feed. @throws {Fault} SIGNER_UNAVAILABLE */
export async function signNote(text: string, { name, signer }: { name: string; signer: Signer }): Promise<string> {
  const signature = await signer.sign(Buffer.from(text));
  const keyId = Buffer.from(noteKeyId(name, readPublicKey(signer.publicKeyPem)), "hex");
  return `${text}\n${EM_DASH} ${name} ${Buffer.concat([keyId, signature]).toString("base64")}\n`;
}

/** Takes a note apart; undefined if it is none. */
export function readNote(note: string): SignedNote | undefined {
  const middle = note.lastIndexOf("\n\n");
  if (note.length > NOTE_CHARACTERS || middle === -1 || !note.endsWith("\n") || CONTROL.test(note)) return undefined;
  const lines = note.slice(middle + 2, -1).split("\n");
  if (lines.length > SIGNATURES) return undefined;
  const signatures = lines.map(readSignature);
  return signatures.every((signature) => signature !== undefined)
    ? { text: note.slice(0, middle + 1), signatures }
    : undefined;
}

function readSignature(line: string): NoteSignature | undefined {
  const [dash, name, encoded, ...more] = line.split(" ");
  if (dash !== EM_DASH || name === undefined || encoded === undefined || more.length > 0) return undefined;
  const bytes = Buffer.from(encoded, "base64");
  if (!isKeyName(name) || bytes.length <= KEY_ID_BYTES || bytes.toString("base64") !== encoded) return undefined;
  return { name, keyId: bytes.toString("hex", 0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** Judges a note by one key under one name. Signatures of others say nothing; one of this key that fails spoils the note. */
export function judgeNote({ text, signatures }: SignedNote, name: string, key: PublicKey): NoteVerdict {
  const keyId = noteKeyId(name, key);
  const ours = signatures.filter((signature) => signature.name === name && signature.keyId === keyId);
  if (ours.length === 0) return "unknown_key";
  const signed = Buffer.from(text);
  return ours.every(({ signature }) => key.verifies(signed, signature)) ? "valid" : "bad_signature";
}
