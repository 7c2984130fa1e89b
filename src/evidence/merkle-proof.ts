import { assert } from "#model";
import { EMPTY_ROOT, HASH_BYTES, MerkleTree, nodeHash } from "./merkle.ts";

/** What an inclusion proof claims: that the leaf stands at `index` of the tree with this size and root. */
export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  /** 0-based. */
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
}

/** What a consistency proof claims: that the tree with `size` leaves begins with all leaves of the older one. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
}

type Range = readonly [from: number, to: number];

/** The path from the leaf at `index` to the root, nearest sibling first (RFC 9162 §2.1.3). */
export function inclusionProof(leafHashes: readonly Buffer[], index: number): readonly Buffer[] {
  assert(isCount(index) && index < leafHashes.length, "a path begins at a leaf of the tree");
  return inclusionRanges(index, leafHashes.length).map((range) => rangeRoot(leafHashes, range));
}

/** Whether the path proves the claim (RFC 9162 §2.1.3). Never throws, whatever it is given. */
export function verifyInclusion(claim: InclusionClaim, path: readonly Uint8Array[]): boolean {
  const { index, size } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (![claim.leafHash, claim.root, ...path].every(isHash)) return false;
  let place: Place = { at: index, last: size - 1 };
  let reached = claim.leafHash;
  for (const sibling of path) {
    if (place.last === 0) return false;
    reached = isLeft(place) ? nodeHash(reached, sibling) : nodeHash(sibling, reached);
    place = above(place);
  }
  return place.last === 0 && equal(reached, claim.root);
}

/** What shows that the tree of the first `oldSize` leaves is the beginning of the tree of all (RFC 9162 §2.1.4). */
export function consistencyProof(leafHashes: readonly Buffer[], oldSize: number): readonly Buffer[] {
  assert(isCount(oldSize) && oldSize > 0 && oldSize <= leafHashes.length, "an older tree has 1..size leaves");
  return consistencyRanges(oldSize, leafHashes.length).map((range) => rangeRoot(leafHashes, range));
}

/** Whether the path proves the claim (RFC 9162 §2.1.4); an older tree without leaves proves nothing. Never throws. */
export function verifyConsistency(claim: ConsistencyClaim, path: readonly Uint8Array[]): boolean {
  const { oldSize, oldRoot, size, root } = claim;
  if (!isCount(oldSize) || !isCount(size) || oldSize === 0 || oldSize > size) return false;
  if (![oldRoot, root, ...path].every(isHash)) return false;
  if (oldSize === size) return path.length === 0 && equal(oldRoot, root);
  if (path.length === 0) return false;
  const [first = oldRoot, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...path] : path;
  let place: Place = { at: oldSize - 1, last: size - 1 };
  while (place.at % 2 === 1) place = halved(place); // up to the largest subtree that both trees have
  let [old, whole] = [first, first];
  for (const node of rest) {
    if (place.last === 0) return false;
    const left = isLeft(place);
    if (!left) old = nodeHash(node, old);
    whole = left ? nodeHash(whole, node) : nodeHash(node, whole);
    place = above(place);
  }
  return place.last === 0 && equal(old, oldRoot) && equal(whole, root);
}

/** A node on the way up: its number in its level, and the number of the last one there. */
interface Place {
  readonly at: number;
  readonly last: number;
}

/** Whether its sibling is on the right. The last node of a level that has none there is joined with one on its left, further up. */
function isLeft({ at, last }: Place): boolean {
  return at % 2 === 0 && at !== last;
}

function above(place: Place): Place {
  let next = place;
  while (!isLeft(place) && next.at % 2 === 0 && next.at !== 0) next = halved(next);
  return halved(next);
}

function halved({ at, last }: Place): Place {
  return { at: Math.floor(at / 2), last: Math.floor(last / 2) };
}

/** The subtrees beside the path from a leaf to the root, nearest first. */
function inclusionRanges(index: number, size: number): readonly Range[] {
  const ranges: Range[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from);
    ranges.push(index < middle ? [middle, to] : [from, middle]);
    [from, to] = index < middle ? [from, middle] : [middle, to];
  }
  return ranges.toReversed();
}

/** The subtrees out of which both roots can be made, smallest first; the older tree itself is left out where it is one of them. */
function consistencyRanges(oldSize: number, size: number): readonly Range[] {
  const ranges: Range[] = [];
  let [from, to] = [0, size];
  while (to !== oldSize) {
    const middle = from + largestPowerBelow(to - from);
    ranges.push(oldSize <= middle ? [middle, to] : [from, middle]);
    [from, to] = oldSize <= middle ? [from, middle] : [middle, to];
  }
  if (from > 0) ranges.push([from, to]);
  return ranges.toReversed();
}

function rangeRoot(leafHashes: readonly Buffer[], [from, to]: Range): Buffer {
  const tree = new MerkleTree();
  for (let index = from; index < to; index += 1) tree.addHash(leafHashes[index] ?? EMPTY_ROOT);
  return tree.root();
}

/** How many leaves are on the left of a tree with so many: the largest power of two that is smaller. */
function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function isPowerOfTwo(size: number): boolean {
  return size === 1 || largestPowerBelow(size) * 2 === size;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(value: Uint8Array): boolean {
  return value.length === HASH_BYTES;
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
