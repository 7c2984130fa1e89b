import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HASH_BYTES } from "../../merkle.ts";
import { readLeaf } from "../leaf.ts";
import { RightEdge } from "../right-edge.ts";
import type { Tile } from "../right-edge.ts";
import { bundledEntry, bundleEntries, partialsPath, TILE_WIDTH, tilePath } from "../tile.ts";
import type { Findings } from "./ledger-report.ts";
import type { ListedRuns } from "./listed-runs.ts";

const PARTIAL = /^[1-9]\d{0,2}$/;

/** What is read of a ledger, and who is told of it. */
export interface TileCheck {
  readonly directory: string;
  /** Number of leaves that the checkpoint says. */
  readonly size: number;
  /** Sizes, none larger than `size`, at which the root is wanted. */
  readonly rootsAt: readonly number[];
  readonly findings: Findings;
  readonly runs: ListedRuns;
}

/**
 * Computes the tree anew from the entries, bundle by bundle, and holds every tile that is there against it. Returns the roots
 * at the sizes that were asked for, as far as the entries could be read.
 */
export async function recomputeRoots(check: TileCheck): Promise<ReadonlyMap<number, Buffer>> {
  const { size, rootsAt } = check;
  const edge = new RightEdge();
  const wanted = new Set(rootsAt);
  const roots = new Map<number, Buffer>();
  const note = (): void => {
    if (wanted.has(edge.size)) roots.set(edge.size, edge.root());
  };
  note();
  const last = new Map<Tile["level"], Tile>();
  let entries: readonly Buffer[] | undefined = [];
  while (edge.size < size) {
    entries = await bundleAt(check, edge.size);
    if (entries === undefined) return roots;
    addLeaves(check, entries, edge.size);
    for (const tile of growBy(edge, entries, { wanted, note })) {
      if (tile.width === TILE_WIDTH) await checkTile(check, tile, entries);
      last.set(tile.level, tile);
    }
  }
  for (const tile of last.values()) if (tile.width < TILE_WIDTH) await checkTile(check, tile, entries);
  return roots;
}

/** Grows by a bundle, with a look at every size that is wanted; gives the tiles as they are at its end. */
function growBy(
  edge: RightEdge,
  entries: readonly Buffer[],
  { wanted, note }: { readonly wanted: ReadonlySet<number>; readonly note: () => void },
): readonly Tile[] {
  const first = edge.size;
  const stops = [...wanted].filter((size) => size > first && size < first + entries.length);
  const tiles = new Map<string, Tile>();
  let from = 0;
  for (const stop of [...stops.toSorted((one, other) => one - other), first + entries.length]) {
    for (const tile of edge.grow(entries.slice(from, stop - first))) tiles.set(`${tile.level}/${tile.index}`, tile);
    from = stop - first;
    note();
  }
  return [...tiles.values()];
}

async function bundleAt(
  { directory, size, findings }: TileCheck,
  first: number,
): Promise<readonly Buffer[] | undefined> {
  const width = Math.min(TILE_WIDTH, size - first);
  const path = tilePath({ level: "entries", index: first / TILE_WIDTH, width });
  const bytes = await fileOf(join(directory, path));
  if (bytes === undefined) {
    findings.problem("MISSING", `${path} is missing: leaves ${first} to ${first + width - 1} cannot be read`);
    return undefined;
  }
  const entries = bundleEntries(bytes, width);
  if (entries === undefined) findings.problem("MALFORMED", `${path} is not a bundle of ${width} entries`);
  return entries;
}

function addLeaves({ findings, runs }: TileCheck, entries: readonly Buffer[], first: number): void {
  for (const [offset, entry] of entries.entries()) {
    const leaf = readLeaf(entry);
    if (leaf === undefined) findings.problem("MALFORMED", `leaf ${first + offset} is not in the form of one`);
    else runs.add(leaf, first + offset);
  }
}

/** Holds a tile against its file, and against the narrower versions of it that are there. */
async function checkTile({ directory, findings }: TileCheck, tile: Tile, entries: readonly Buffer[]): Promise<void> {
  const { level, index } = tile;
  const names = await readdir(join(directory, partialsPath(level, index))).catch(() => []);
  const partials = names.filter((name) => PARTIAL.test(name) && Number(name) < tile.width).map(Number);
  for (const width of [tile.width, ...partials.toSorted((one, other) => one - other)]) {
    const path = tilePath({ level, index, width });
    const bytes = await fileOf(join(directory, path));
    if (bytes === undefined) findings.problem("MISSING", `${path} is missing`);
    else if (!bytes.equals(beginningOf(tile, entries, width)))
      findings.problem("TILE_DIFFERS", `${path} does not fit the entries of the ledger`);
  }
}

function beginningOf({ level, width: whole, bytes }: Tile, entries: readonly Buffer[], width: number): Buffer {
  if (width === whole) return bytes;
  return level === "entries"
    ? Buffer.concat(entries.slice(0, width).map(bundledEntry))
    : bytes.subarray(0, width * HASH_BYTES);
}

async function fileOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
