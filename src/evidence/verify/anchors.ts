import type { JsonObject } from "#model";
import type { PlacedLine } from "./chain-walk.ts";
import { MerkleTree } from "../merkle.ts";
import type { Problems } from "./problems.ts";
import { named, shown } from "./problems.ts";
import type { SealedLog, VerifyOptions } from "./verify-options.ts";

/** A hash that somebody has vouched for. */
interface Anchor {
  /** Number of lines that it covers. */
  readonly size: number;
  readonly expected: string;
  readonly found: string;
  readonly who: string;
}

/**
 * Holds a log to what was said of it elsewhere: a seal, signed checkpoints, the receipts of clients. A log that was written
 * anew as a whole hangs together; between the last of them that fits and the first that does not, it was changed.
 */
export class Anchors {
  readonly #options: VerifyOptions;
  readonly #problems: Problems;
  readonly #tree: MerkleTree | undefined;
  /** Lines that are covered by an anchor that fits. */
  #vouched = 0;
  /** Hash of the last of them. */
  #vouchedHead: string | undefined;
  #badCheckpoint: number | undefined;
  #unknownKey = false;
  #rewritten = false;
  #sealReached = false;
  /** The line in the place of the last sealed one, if it is another; and how many problems there were by then. */
  #unlikeSeal: (Anchor & { readonly problems: number }) | undefined;

  constructor(options: VerifyOptions, problems: Problems) {
    this.#options = options;
    this.#problems = problems;
    this.#tree = options.sealed === undefined ? undefined : new MerkleTree();
  }

  /** Whether all lines that the seal covers are there and end with its head. */
  get sealReached(): boolean {
    return this.#sealReached;
  }

  /** Where a log that was written anew stops being the one that was vouched for. */
  get rewrittenAfter(): { readonly head: string | undefined } | undefined {
    return this.#rewritten ? { head: this.#vouchedHead } : undefined;
  }

  /** Whether the line at `seq` and all before it are vouched for. */
  covers(seq: number): boolean {
    return !this.#rewritten && seq >= 0 && this.#vouched > seq;
  }

  placed(line: PlacedLine): void {
    const { seq, hash, record } = line;
    const { expected, sealed } = this.#options;
    if (record.event_type === "log.checkpoint") this.#checkpoint(line);
    const receipt = expected?.get(seq);
    if (receipt !== undefined)
      this.#hold({ size: seq + 1, expected: receipt, found: hash, who: `the receipt for seq ${seq}` });
    if (sealed === undefined || seq >= sealed.size) return;
    if (this.#problems.count === 0) this.#tree?.add(line.bytes); // after a problem its root proves nothing more
    if (seq === sealed.size - 1) this.#holdToSeal(sealed, hash);
  }

  #holdToSeal(sealed: SealedLog, found: string): void {
    const { size, head, merkleRoot } = sealed;
    if (head !== found) {
      this.#unlikeSeal = { size, expected: head, found, who: "the seal", problems: this.#problems.ofLines };
      return;
    }
    this.#hold({ size, expected: head, found, who: "the seal" });
    const root = this.#tree?.root().toString("base64url") ?? "";
    if (this.#problems.count === 0 && root !== merkleRoot)
      this.#rewrite({ size, expected: merkleRoot, found: root, who: "the seal's Merkle root" });
    this.#sealReached = !this.#rewritten;
  }

  /** Judges a last line that is not the sealed one: it may have been put there before it, and then that has a name by now. */
  settle(): void {
    const unlike = this.#unlikeSeal;
    if (unlike !== undefined && unlike.problems === this.#problems.ofLines) this.#hold(unlike);
    this.#unlikeSeal = undefined;
  }

  /** Names what is missing: `size` lines are there. */
  finish({ size, line }: { readonly size: number; readonly line: number }): void {
    const { sealed, expected } = this.#options;
    const known = Math.max(sealed?.size ?? 0, ...[...(expected?.keys() ?? [])].map((seq) => seq + 1));
    if (this.#rewritten || size >= known) return;
    const whose = known === sealed?.size ? "the seal covers" : "somebody was sent a receipt for";
    const message = `the log ends after ${size} of the ${known} lines that ${whose}: its end was cut`;
    this.#problems.add({ code: "TRUNCATED", seq: size, line, message });
  }

  #checkpoint({ record, seq, previous, line }: PlacedLine): void {
    const { checkpoints: judge } = this.#options;
    const { size, head, keyid, sig } = (record.data ?? {}) as JsonObject; // each member is checked
    const isOne = typeof size === "number" && typeof head === "string";
    if (judge === undefined) {
      // Without a key it is no witness, but it is a record like any other, and must not contradict the lines before it.
      if (isOne && previous !== undefined && size === seq)
        this.#hold({ size, expected: head, found: previous, who: `the checkpoint at seq ${seq}` }, false);
      return;
    }
    const isSigned = isOne && typeof keyid === "string" && typeof sig === "string";
    const runId = named(record.run_id);
    const word = isSigned ? judge({ runId, size, head, keyId: keyid, signature: sig }) : "bad_signature";
    if (word === "unknown_key") return this.#nameUnknownKey(keyid, { seq, line });
    if (word === "bad_signature" || !isOne || size !== seq) {
      this.#badCheckpoint ??= seq;
      const message = isSigned
        ? "the checkpoint's signature does not fit what it says"
        : "the checkpoint is not signed";
      return this.#problems.add({ code: "BAD_SIGNATURE", seq, line, message });
    }
    if (previous !== undefined)
      this.#hold({ size, expected: head, found: previous, who: `the signed checkpoint at seq ${seq}` });
  }

  #nameUnknownKey(keyId: unknown, at: { readonly seq: number; readonly line: number }): void {
    if (this.#unknownKey) return;
    this.#unknownKey = true;
    const message = `the checkpoint is signed with the key ${shown(keyId)}, which is not among the trusted ones`;
    this.#problems.add({ code: "UNKNOWN_KEY", ...at, message });
  }

  #hold(anchor: Anchor, vouches = true): boolean {
    if (this.#rewritten) return false;
    if (anchor.expected !== anchor.found) {
      this.#rewrite(anchor);
      return false;
    }
    if (vouches && this.#badCheckpoint === undefined) {
      this.#vouched = anchor.size;
      this.#vouchedHead = anchor.found;
    }
    return true;
  }

  #rewrite({ size, expected, found, who }: Anchor): void {
    this.#rewritten = true;
    const from = this.#vouched;
    const toSeq = Math.max(from, this.#badCheckpoint ?? size - 1);
    const message = `${who} says ${expected}, found ${found}: something in lines ${from + 1} to ${toSeq + 1} was changed, and all after it hashed anew`;
    this.#problems.add({ code: "REWRITTEN", seq: from, toSeq, line: from + 1, message });
  }
}
