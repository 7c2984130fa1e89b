import { createHash } from "node:crypto";

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function half(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** MTH of RFC 9162 §2.1.1 over leaf hashes, word for word. */
function treeHash(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0]!;
  const k = half(hashes.length);
  return sha256(Buffer.of(1), treeHash(hashes.slice(0, k)), treeHash(hashes.slice(k)));
}

/** The root over leaves, by the recursive definition. */
export function naiveRoot(leaves: readonly (Uint8Array | string)[]): Buffer {
  return treeHash(leaves.map((leaf) => sha256(Buffer.of(0), Buffer.from(leaf as string)))); // bytes are taken as well
}

/** PATH of RFC 9162 §2.1.3, word for word. */
export function naiveInclusion(hashes: readonly Buffer[], index: number): readonly Buffer[] {
  if (hashes.length === 1) return [];
  const k = half(hashes.length);
  return index < k
    ? [...naiveInclusion(hashes.slice(0, k), index), treeHash(hashes.slice(k))]
    : [...naiveInclusion(hashes.slice(k), index - k), treeHash(hashes.slice(0, k))];
}

/** PROOF of RFC 9162 §2.1.4, word for word. */
export function naiveConsistency(hashes: readonly Buffer[], oldSize: number): readonly Buffer[] {
  return subProof(hashes, oldSize, true);
}

function subProof(hashes: readonly Buffer[], m: number, whole: boolean): readonly Buffer[] {
  if (m === hashes.length) return whole ? [] : [treeHash(hashes)];
  const k = half(hashes.length);
  return m <= k
    ? [...subProof(hashes.slice(0, k), m, whole), treeHash(hashes.slice(k))]
    : [...subProof(hashes.slice(k), m - k, false), treeHash(hashes.slice(0, k))];
}
