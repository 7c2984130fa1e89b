import { assert } from "#model";
import { leafHash, MerkleTree, rootOfPeaks } from "../merkle.ts";
import { bundledEntry, TILE_WIDTH } from "./tile.ts";
import type { TilePlace } from "./tile.ts";

/** A tile with its bytes. */
export interface Tile extends TilePlace {
  readonly bytes: Buffer;
}

/** What grows of a ledger: the last tile of every level, and the last bundle. Everything left of it never changes. */
export class RightEdge {
  /** From level 0 up: hashes of the last tile, fewer than 256. */
  readonly #levels: Buffer[][];
  /** Entries of the last bundle, with their lengths. */
  #bundle: Buffer[];
  #size: number;

  /** Of a tree with `size` leaves: the hashes of the last tile of each level, and the entries of the last bundle. */
  constructor(size = 0, levels: readonly (readonly Buffer[])[] = [], entries: readonly Uint8Array[] = []) {
    assert(entries.length === size % TILE_WIDTH, "the last bundle has what full bundles left over");
    this.#size = size;
    this.#levels = levels.map((hashes) => [...hashes]);
    this.#bundle = entries.map(bundledEntry);
  }

  get size(): number {
    return this.#size;
  }

  root(): Buffer {
    return rootOfPeaks(this.#levels.toReversed().flatMap(peaksOf));
  }

  /** Adds entries; returns every tile that is new by that, bundles first: full ones, and the last of each level that grew. */
  grow(entries: readonly Uint8Array[]): readonly Tile[] {
    const tiles: Tile[] = [];
    const before = this.#size;
    for (const entry of entries) {
      this.#bundle.push(bundledEntry(entry));
      this.#size += 1;
      this.#push(0, leafHash(entry), tiles);
      if (this.#bundle.length < TILE_WIDTH) continue;
      tiles.push(this.#tile("entries", this.#bundle, this.#size - 1));
      this.#bundle = [];
    }
    if (this.#bundle.length > 0 && this.#size > before) tiles.push(this.#tile("entries", this.#bundle, this.#size));
    for (const [level, hashes] of this.#levels.entries()) {
      const grown = nodesAt(level, this.#size) > nodesAt(level, before);
      if (grown && hashes.length > 0) tiles.push(this.#tile(level, hashes, nodesAt(level, this.#size)));
    }
    return tiles.toSorted((one, other) => Number(other.level === "entries") - Number(one.level === "entries"));
  }

  #push(level: number, hash: Buffer, tiles: Tile[]): void {
    const hashes = (this.#levels[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    tiles.push(this.#tile(level, hashes, nodesAt(level, this.#size) - 1));
    this.#levels[level] = [];
    this.#push(level + 1, rootOf(hashes), tiles);
  }

  /** The tile of which `within` is the number of a node, in its level. */
  #tile(level: TilePlace["level"], parts: readonly Buffer[], within: number): Tile {
    return { level, index: Math.floor(within / TILE_WIDTH), width: parts.length, bytes: Buffer.concat(parts) };
  }
}

function nodesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

function peaksOf(hashes: readonly Buffer[]): readonly Buffer[] {
  return treeOf(hashes).peaks;
}

/** The root over the hashes of a tile. */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  return treeOf(hashes).root();
}

function treeOf(hashes: readonly Buffer[]): MerkleTree {
  const tree = new MerkleTree();
  for (const hash of hashes) tree.addHash(hash);
  return tree;
}
