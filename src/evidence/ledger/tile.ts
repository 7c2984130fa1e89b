import { HASH_BYTES } from "../merkle.ts";

/** Hashes of a full tile, and entries of a full bundle. */
export const TILE_WIDTH = 256;

const LENGTH_BYTES = 2;
const HIGHEST_LEVEL = 63;

/** A tile of hashes at a level, or a bundle of entries: <https://c2sp.org/tlog-tiles>. */
export interface TilePlace {
  readonly level: number | "entries";
  /** From 0, within the level. */
  readonly index: number;
  /** 1 to 256; under 256 the tile is a partial one. */
  readonly width: number;
}

/** The path of a tile within the ledger. */
export function tilePath({ level, index, width }: TilePlace): string {
  const full = fullTilePath(level, index);
  return width === TILE_WIDTH ? full : `${full}.p/${width}`;
}

/** The directory of a tile's partial versions. */
export function partialsPath(level: TilePlace["level"], index: number): string {
  return `${fullTilePath(level, index)}.p`;
}

function fullTilePath(level: TilePlace["level"], index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  return `tile/${level}/${groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/")}`;
}

/** Where the rightmost tile of every level of a tree with so many leaves is, and how wide; empty ones are left out. */
export function partialTiles(size: number): readonly (TilePlace & { readonly level: number })[] {
  const tiles: (TilePlace & { readonly level: number })[] = [];
  for (let [level, count] = [0, size]; count > 0 && level <= HIGHEST_LEVEL; level += 1) {
    const width = count % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(count / TILE_WIDTH), width });
    count = Math.floor(count / TILE_WIDTH);
  }
  return tiles;
}

/** The hashes of a tile's bytes; undefined if it has not that width. */
export function tileHashes(bytes: Buffer, width: number): readonly Buffer[] | undefined {
  if (bytes.length !== width * HASH_BYTES) return undefined;
  return Array.from({ length: width }, (_none, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

/** An entry as it stands in a bundle: its length in two bytes, big-endian, and its bytes. */
export function bundledEntry(entry: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + entry.length);
  bytes.writeUInt16BE(entry.length, 0);
  bytes.set(entry, LENGTH_BYTES);
  return bytes;
}

/** The entries of a bundle; undefined if it has not that many, or ends in the middle of one. */
export function bundleEntries(bytes: Buffer, width: number): readonly Buffer[] | undefined {
  const entries: Buffer[] = [];
  let at = 0;
  while (at + LENGTH_BYTES <= bytes.length) {
    const from = at + LENGTH_BYTES;
    at = from + bytes.readUInt16BE(at);
    if (at > bytes.length || entries.length === width) return undefined;
    entries.push(bytes.subarray(from, at));
  }
  return at === bytes.length && entries.length === width ? entries : undefined;
}
