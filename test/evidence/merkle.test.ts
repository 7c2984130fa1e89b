import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_ROOT, leafHash, MerkleTree, nodeHash } from "../../src/evidence/merkle.ts";
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "../../src/evidence/merkle-proof.ts";
import { naiveConsistency, naiveInclusion, naiveRoot } from "./support/naive-tree.ts";

/** The leaves and hashes with which Certificate Transparency's own implementations are tested. */
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(
  (text) => Buffer.from(text, "hex"),
);

const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const INCLUSION: readonly (readonly [index: number, size: number, path: readonly string[]])[] = [
  [0, 1, []],
  [
    0,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    5,
    8,
    [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
  [
    1,
    5,
    [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];

const CONSISTENCY: readonly (readonly [oldSize: number, size: number, path: readonly string[]])[] = [
  [1, 1, []],
  [
    1,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    6,
    8,
    [
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [
    2,
    5,
    [
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];

const HASHES = LEAVES.map(leafHash);

function hex(bytes: readonly Uint8Array[]): readonly string[] {
  return bytes.map((each) => Buffer.from(each).toString("hex"));
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const tree = new MerkleTree();
  for (const each of leaves) tree.addHash(each);
  return tree.root();
}

function root(size: number): Buffer {
  return Buffer.from(ROOTS[size - 1] ?? "", "hex");
}

/** Hashes of as many different leaves. */
function hashes(count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_none, index) => leafHash(`leaf ${index}`));
}

const sizes = fc.integer({ min: 1, max: 300 });
const placed = sizes.chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));

test("the root of a tree without leaves is the hash of nothing", () => {
  expect(new MerkleTree().root().toString("hex")).toBe(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  expect(EMPTY_ROOT).toEqual(createHash("sha256").digest());
});

test("the roots of the eight published leaves are the published ones", () => {
  const tree = new MerkleTree();
  const roots = LEAVES.map((leaf) => {
    tree.add(leaf);
    return tree.root().toString("hex");
  });
  expect(roots).toEqual(ROOTS);
  expect(tree.size).toBe(8);
});

test.each(INCLUSION)("leaf %i in a tree of %i has the published inclusion proof", (index, size, path) => {
  const proof = inclusionProof(HASHES.slice(0, size), index);
  expect(hex(proof)).toEqual(path);
  expect(verifyInclusion({ leafHash: HASHES[index]!, index, size, root: root(size) }, proof)).toBe(true);
});

test.each(CONSISTENCY)("a tree of %i grown to %i has the published consistency proof", (oldSize, size, path) => {
  const proof = consistencyProof(HASHES.slice(0, size), oldSize);
  expect(hex(proof)).toEqual(path);
  expect(verifyConsistency({ oldSize, oldRoot: root(oldSize), size, root: root(size) }, proof)).toBe(true);
});

test("text is a leaf by its UTF-8 and a leaf is never a node", () => {
  const text = 'žluťoučký {"\u0000":"🐎"}';
  expect(leafHash(text)).toEqual(leafHash(Buffer.from(text)));
  const [left, right] = [leafHash("left"), leafHash("right")];
  expect(leafHash(Buffer.concat([left, right]))).not.toEqual(nodeHash(left, right));
});

test("a tree that grows leaf by leaf has at every size the root of the recursive definition", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 }), (leaves) => {
      const tree = new MerkleTree();
      for (const [index, leaf] of leaves.entries()) {
        tree.add(leaf);
        expect(tree.size).toBe(index + 1);
        expect(tree.root()).toEqual(naiveRoot(leaves.slice(0, index + 1)));
      }
      expect(tree.root()).toEqual(naiveRoot(leaves));
    }),
    { numRuns: 50 },
  );
});

test("inclusion proofs are those of the recursive definition and prove their leaf", () => {
  fc.assert(
    fc.property(placed, ([index, size]) => {
      const all = hashes(size);
      const proof = inclusionProof(all, index);
      expect(proof).toEqual(naiveInclusion(all, index));
      expect(verifyInclusion({ leafHash: all[index]!, index, size, root: rootOf(all) }, proof)).toBe(true);
    }),
  );
});

test("consistency proofs are those of the recursive definition and prove their growth", () => {
  fc.assert(
    fc.property(placed, ([older, size]) => {
      const oldSize = older + 1;
      const all = hashes(size);
      const proof = consistencyProof(all, oldSize);
      expect(proof).toEqual(naiveConsistency(all, oldSize));
      const claim = { oldSize, oldRoot: rootOf(all.slice(0, oldSize)), size, root: rootOf(all) };
      expect(verifyConsistency(claim, proof)).toBe(true);
    }),
  );
});

test("an inclusion proof proves no other leaf, place, size or root", () => {
  fc.assert(
    fc.property(placed, fc.integer({ min: 0, max: 320 }), ([index, size], other) => {
      const all = hashes(size);
      const claim = { leafHash: all[index]!, index, size, root: rootOf(all) };
      const proof = inclusionProof(all, index);
      if (other !== index) expect(verifyInclusion({ ...claim, index: other }, proof)).toBe(false);
      expect(verifyInclusion({ ...claim, leafHash: leafHash("another") }, proof)).toBe(false);
      expect(verifyInclusion({ ...claim, root: leafHash("another") }, proof)).toBe(false);
      expect(verifyInclusion(claim, [...proof, all[0]!])).toBe(false);
      if (proof.length > 0) expect(verifyInclusion(claim, proof.slice(1))).toBe(false);
      if (proof.length > 0) expect(verifyInclusion(claim, proof.slice(0, -1))).toBe(false);
    }),
  );
});

test("a consistency proof proves nothing of a tree whose past was changed", () => {
  fc.assert(
    fc.property(placed, fc.nat(), ([older, size], anywhere) => {
      const oldSize = older + 1;
      const all = hashes(size);
      const changed = all.with(anywhere % oldSize, leafHash("another"));
      const claim = { oldSize, oldRoot: rootOf(all.slice(0, oldSize)), size, root: rootOf(changed) };
      expect(verifyConsistency(claim, consistencyProof(changed, oldSize))).toBe(false);
      expect(verifyConsistency(claim, consistencyProof(all, oldSize))).toBe(false);
    }),
  );
});

test("proofs of any shape are judged without being believed or thrown at", () => {
  const number = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.double(), fc.constantFrom(2 ** 53, -0, NaN));
  const hash = fc.uint8Array({ minLength: 30, maxLength: 33 });
  fc.assert(
    fc.property(number, number, fc.array(hash, { maxLength: 8 }), (one, other, path) => {
      const [first, second] = [leafHash("first"), leafHash("second")];
      const alone = one === 0 && other === 1 && path.length === 0;
      expect(verifyInclusion({ leafHash: first, index: one, size: other, root: second }, path)).toBe(false);
      expect(verifyInclusion({ leafHash: first, index: one, size: other, root: first }, path)).toBe(alone);
      expect(verifyConsistency({ oldSize: one, oldRoot: first, size: other, root: second }, path)).toBe(false);
    }),
  );
});

test.each([
  ["of nothing in nothing", { index: 0, size: 0 }],
  ["of a leaf behind the end", { index: 8, size: 8 }],
  ["of a leaf before the beginning", { index: -1, size: 8 }],
  ["of half a leaf", { index: 0.5, size: 8 }],
  ["in a tree too large to count", { index: 0, size: 2 ** 53 }],
])("an inclusion proof %s is refused", (_case, place) => {
  const path = inclusionProof(HASHES, 0);
  expect(verifyInclusion({ leafHash: HASHES[0]!, root: root(8), ...place }, path)).toBe(false);
});

test.each([
  ["from a tree without leaves", { oldSize: 0, size: 8 }, true],
  ["from a larger tree", { oldSize: 9, size: 8 }, true],
  ["from a tree of the same size with a path", { oldSize: 8, size: 8 }, true],
  ["without a path", { oldSize: 6, size: 8 }, false],
  ["of half a leaf", { oldSize: 5.5, size: 8 }, true],
])("a consistency proof %s is refused", (_case, sizesClaimed, withPath) => {
  const path = withPath ? consistencyProof(HASHES, 6) : [];
  expect(verifyConsistency({ oldRoot: root(6), root: root(8), ...sizesClaimed }, path)).toBe(false);
});

test("hashes of another length prove nothing at all", () => {
  const [first, ...rest] = inclusionProof(HASHES, 0);
  const claim = { leafHash: HASHES[0]!, index: 0, size: 8, root: root(8) };
  expect(verifyInclusion(claim, [first!.subarray(1), ...rest])).toBe(false);
  expect(verifyInclusion({ ...claim, root: Buffer.concat([root(8), Buffer.alloc(1)]) }, [first!, ...rest])).toBe(false);
  const [node, ...nodes] = consistencyProof(HASHES, 6);
  const growth = { oldSize: 6, oldRoot: root(6), size: 8, root: root(8) };
  expect(verifyConsistency(growth, [Buffer.concat([node!, Buffer.alloc(1)]), ...nodes])).toBe(false);
});
