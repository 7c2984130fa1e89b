import fc from "fast-check";
import { expect, test } from "vitest";
import { RightEdge } from "../../../src/evidence/ledger/right-edge.ts";
import { bundledEntry, bundleEntries, partialTiles, TILE_WIDTH, tilePath } from "../../../src/evidence/ledger/tile.ts";
import { leafHash } from "../../../src/evidence/merkle.ts";
import { naiveRoot } from "../support/naive-tree.ts";

test.each([
  [{ level: 0, index: 0, width: 256 }, "tile/0/000"],
  [{ level: 0, index: 1234067, width: 256 }, "tile/0/x001/x234/067"],
  [{ level: 63, index: 999, width: 255 }, "tile/63/999.p/255"],
  [{ level: 1, index: 1000, width: 1 }, "tile/1/x001/000.p/1"],
  [{ level: "entries" as const, index: 1234067, width: 8 }, "tile/entries/x001/x234/067.p/8"],
])("the tile %j stands at %s", (place, path) => {
  expect(tilePath(place)).toBe(path);
});

test("the partial tiles of 70,000 leaves are those of the specification's example", () => {
  expect(partialTiles(70_000)).toEqual([
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ]);
  expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
  expect(partialTiles(0)).toEqual([]);
});

test("the partial tile at a level is as wide as the specification's formula says", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (size) => {
      const widths = new Map(partialTiles(size).map(({ level, width }) => [level, width]));
      for (let level = 0; level < 8; level += 1) {
        const expected = Number((BigInt(size) / 256n ** BigInt(level)) % 256n);
        expect(widths.get(level) ?? 0).toBe(expected);
      }
    }),
  );
});

test("a bundle is its entries, each after its length in two bytes", () => {
  const entries = [Buffer.from("one"), Buffer.alloc(0), Buffer.alloc(0xffff, 7)];
  const bundle = Buffer.concat(entries.map(bundledEntry));
  expect(bundle.subarray(0, 7)).toEqual(Buffer.from([0, 3, 0x6f, 0x6e, 0x65, 0, 0]));
  expect(bundleEntries(bundle, 3)).toEqual(entries);
  for (const width of [0, 2, 4]) expect(bundleEntries(bundle, width)).toBeUndefined();
  for (const cut of [1, 2, 65_000]) expect(bundleEntries(bundle.subarray(0, -cut), 3)).toBeUndefined();
});

/** What a client would compute from the tiles: every file as the specification's formula defines it. */
function expectedTile(entries: readonly Buffer[], level: number, index: number): Buffer {
  const span = TILE_WIDTH ** level;
  const hashes: Buffer[] = [];
  for (let at = index * TILE_WIDTH; at < (index + 1) * TILE_WIDTH && (at + 1) * span <= entries.length; at += 1)
    hashes.push(naiveRoot(entries.slice(at * span, (at + 1) * span)));
  return Buffer.concat(hashes);
}

test("an edge that grows in any steps writes the tiles and root that the specification defines", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }), (steps) => {
      const edge = new RightEdge();
      const all: Buffer[] = [];
      const files = new Map<string, Buffer>();
      for (const step of steps) {
        const entries = Array.from({ length: step }, (_none, at) => Buffer.from(`entry ${all.length + at}`));
        all.push(...entries);
        for (const tile of edge.grow(entries)) {
          files.set(tilePath(tile), tile.bytes);
          if (tile.level === "entries") expect(bundleEntries(tile.bytes, tile.width)).toBeDefined();
          else expect(tile.bytes).toEqual(expectedTile(all, tile.level, tile.index).subarray(0, tile.width * 32));
        }
        expect(edge.size).toBe(all.length);
        expect(edge.root()).toEqual(naiveRoot(all));
        for (const tile of partialTiles(all.length)) expect(files.has(tilePath(tile))).toBe(true);
        if (all.length >= 256) expect(files.get("tile/0/000")).toEqual(Buffer.concat(all.slice(0, 256).map(leafHash)));
      }
    }),
    { numRuns: 20 },
  );
});

test("a tree of 65,537 leaves has a tile at level two", () => {
  const edge = new RightEdge();
  const tiles = edge.grow(Array.from({ length: 65_537 }, (_none, at) => Buffer.from(String(at))));
  const paths = tiles.map(tilePath);
  for (const path of ["tile/0/255", "tile/0/256.p/1", "tile/1/000", "tile/2/000.p/1", "tile/entries/256.p/1"])
    expect(paths).toContain(path);
  expect(paths).not.toContain("tile/1/001.p/0");
});
