import { HASH_BYTES } from "../merkle.ts";
import type { Signer } from "../signing/signer.ts";
import { readNote, signNote } from "./signed-note.ts";
import type { SignedNote } from "./signed-note.ts";

/** What a checkpoint says of the ledger: <https://c2sp.org/tlog-checkpoint>. */
export interface TreeHead {
  /** Which ledger it is. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  readonly root: Buffer;
}

/** A checkpoint taken apart. Nothing of it is proven by that. */
export interface LedgerCheckpoint extends TreeHead {
  readonly note: SignedNote;
}

/** The signed text of a checkpoint; the key's name is the origin. @throws {Fault} SIGNER_UNAVAILABLE */
export async function signCheckpoint({ origin, size, root }: TreeHead, signer: Signer): Promise<string> {
  return await signNote(`${origin}\n${size}\n${root.toString("base64")}\n`, { name: origin, signer });
}

/** Takes a checkpoint apart; undefined if it is none. */
export function readCheckpoint(text: string): LedgerCheckpoint | undefined {
  const note = readNote(text);
  if (note === undefined) return undefined;
  const [origin = "", sizeText = "", rootText = "", ...extensions] = note.text.slice(0, -1).split("\n");
  const size = /^(?:0|[1-9]\d*)$/.test(sizeText) ? Number(sizeText) : Number.NaN;
  const root = Buffer.from(rootText, "base64");
  if (origin === "" || extensions.includes("") || !Number.isSafeInteger(size)) return undefined;
  if (root.length !== HASH_BYTES || root.toString("base64") !== rootText) return undefined;
  return { origin, size, root, note };
}
