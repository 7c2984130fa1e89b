import { hash } from "node:crypto";

/** Length of every hash of a tree, in bytes. */
export const HASH_BYTES = 32;

/** Root of the tree without leaves: the SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = hash("sha256", "", "buffer");

const LEAF = 0x00;
const NODE = 0x01;
const LEAF_TEXT = String.fromCharCode(LEAF);

/** The hash of a leaf: SHA-256 over 0x00 and its bytes. Text stands for its UTF-8. */
export function leafHash(leaf: Uint8Array | string): Buffer {
  if (typeof leaf === "string") return hash("sha256", LEAF_TEXT + leaf, "buffer");
  const prefixed = Buffer.allocUnsafe(leaf.length + 1);
  prefixed[0] = LEAF;
  prefixed.set(leaf, 1);
  return hash("sha256", prefixed, "buffer");
}

/** The hash of an inner node: SHA-256 over 0x01 and the hashes of its children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const prefixed = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  prefixed[0] = NODE;
  prefixed.set(left, 1);
  prefixed.set(right, 1 + HASH_BYTES);
  return hash("sha256", prefixed, "buffer");
}

/**
 * A Merkle tree as RFC 9162 §2.1 defines it, with SHA-256, that grows leaf by leaf. It keeps no leaf, only the roots of the
 * perfect subtrees that cover what it was given: as many as the size has bits that are set.
 */
export class MerkleTree {
  readonly #peaks: Buffer[] = [];
  #size = 0;

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf at the right. */
  add(leaf: Uint8Array | string): void {
    this.addHash(leafHash(leaf));
  }

  /** Adds a leaf of which only the hash is known, or the root of a perfect subtree in a tree of such subtrees. */
  addHash(hashOfLeaf: Buffer): void {
    let peak = hashOfLeaf;
    // As a carry runs through the ones of a binary counter, so do subtrees of equal size join.
    for (let ones = this.#size; ones % 2 === 1; ones = Math.floor(ones / 2)) {
      peak = nodeHash(this.#peaks.pop() ?? EMPTY_ROOT, peak);
    }
    this.#peaks.push(peak);
    this.#size += 1;
  }

  /** Roots of the perfect subtrees, from the largest, on the left, to the smallest. */
  get peaks(): readonly Buffer[] {
    return this.#peaks;
  }

  /** Root of all leaves so far. More may be added after it. */
  root(): Buffer {
    return rootOfPeaks(this.#peaks);
  }
}

/** The root over perfect subtrees, from the largest, on the left, to the smallest. */
export function rootOfPeaks(peaks: readonly Buffer[]): Buffer {
  return peaks.reduceRight<Buffer | undefined>(join, undefined) ?? EMPTY_ROOT;
}

function join(right: Buffer | undefined, left: Buffer): Buffer {
  return right === undefined ? left : nodeHash(left, right);
}
