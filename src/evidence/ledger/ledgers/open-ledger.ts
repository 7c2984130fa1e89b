import { Fault } from "#model";
import { leafHash } from "../../merkle.ts";
import { readPublicKey } from "../../signing/public-key.ts";
import type { Signer } from "../../signing/signer.ts";
import { readLeaf } from "../leaf.ts";
import { readCheckpoint } from "../ledger-checkpoint.ts";
import type { LedgerCheckpoint } from "../ledger-checkpoint.ts";
import { CHECKPOINT_FILE, KEY_FILE, MARK_FILE } from "../ledger-names.ts";
import { RightEdge } from "../right-edge.ts";
import type { RunLedger } from "../run-ledger.ts";
import { isKeyName, judgeNote } from "../signed-note.ts";
import { bundleEntries, partialsPath, partialTiles, TILE_WIDTH, tileHashes, tilePath } from "../tile.ts";
import { systemDisk } from "./disk.ts";
import type { Disk } from "./disk.ts";
import { readMark } from "./known-runs.ts";
import type { KnownRuns } from "./known-runs.ts";
import { LedgerFiles } from "./ledger-files.ts";
import { TileLedger } from "./tile-ledger.ts";
import type { TileLedgerParts } from "./tile-ledger.ts";

/** How a ledger is opened. */
export interface LedgerOptions extends Pick<TileLedgerParts, "signer" | "onHalt" | "onUnsigned"> {
  /** First line of the checkpoints and name of the key; default: the one that is there, else one made of the key's id. */
  readonly origin?: string;
  /** Default: the file system of this machine. */
  readonly disk?: Disk;
}

/**
 * Opens the ledger in a directory, or begins one, and takes in what an earlier process has written and not signed for.
 * The caller owns the directory above it.
 * @throws {Fault} EVIDENCE_BROKEN if it does not hold together, or another key has signed it; INVALID_CONFIGURATION if it
 * has another origin. @throws the file system's error if it cannot be read or written.
 */
export async function openLedger(directory: string, options: LedgerOptions): Promise<RunLedger> {
  const { signer, onHalt, onUnsigned, disk = systemDisk } = options;
  const files = new LedgerFiles(directory, disk);
  const broken = (what: string): Fault => brokenLedger(directory, what);
  const text = (await files.read(CHECKPOINT_FILE))?.toString("utf8");
  const head = text === undefined ? undefined : trusted(text, signer, broken);
  const origin = options.origin ?? head?.origin ?? `verbatim/${signer.keyId}`;
  requireOrigin(origin, head);
  const reader = new LedgerReader(files, broken);
  const { edge, bundle } = await reader.rightEdge(head);
  const known = await reader.knownRuns(edge.size, (await files.read(MARK_FILE))?.toString("utf8"));
  const beyond = await reader.beyond(edge.size, bundle);
  const ledger = new TileLedger({ files, signer, origin, edge, known, checkpoint: text, onHalt, onUnsigned });
  await keepKey(files, signer);
  if (beyond.length > 0) {
    for (const entry of beyond) reader.add(known, entry, edge.size);
    const tiles = edge.grow(beyond);
    await files.write(tiles.map((tile) => ({ path: tilePath(tile), bytes: tile.bytes })));
  }
  if (beyond.length > 0 || head === undefined) await ledger.sign();
  return ledger;
}

function trusted(text: string, signer: Signer, broken: (what: string) => Fault): LedgerCheckpoint {
  const head = readCheckpoint(text);
  if (head === undefined) throw broken("its checkpoint is not in the form of one");
  const verdict = judgeNote(head.note, head.origin, readPublicKey(signer.publicKeyPem));
  if (verdict === "unknown_key")
    throw broken(`its checkpoint is not signed by the key ${signer.keyId}, which signs here now`);
  if (verdict === "bad_signature") throw broken("the signature of its checkpoint is wrong");
  return head;
}

function requireOrigin(origin: string, head: LedgerCheckpoint | undefined): void {
  if (!isKeyName(origin)) {
    const text = `The ledger's origin is ${JSON.stringify(origin)}; expected a name without spaces, plus signs and control characters, such as example.com/ledger.`;
    throw new Fault("INVALID_CONFIGURATION", text);
  }
  if (head === undefined || head.origin === origin) return;
  const text = `The ledger's origin is configured as ${origin}, but the ledger that is there is ${head.origin}. A ledger keeps its origin for ever: configure that one, or move the ledger away.`;
  throw new Fault("INVALID_CONFIGURATION", text);
}

function brokenLedger(directory: string, what: string): Fault {
  const text = `The ledger of runs in ${directory} does not hold together: ${what}. \`verbatim ledger verify\` names all of it. Nothing was written to it. Put back what is missing; or move the ledger away and keep it, and a new one begins with the runs that are there: who has kept a checkpoint of the old one will see that.`;
  return new Fault("EVIDENCE_BROKEN", text);
}

async function keepKey(files: LedgerFiles, { publicKeyPem }: Signer): Promise<void> {
  const pem = Buffer.from(publicKeyPem);
  if ((await files.read(KEY_FILE))?.equals(pem) !== true) await files.write([{ path: KEY_FILE, bytes: pem }]);
}

/** Reads what a start has to know of a ledger, and takes nothing that does not fit together. */
class LedgerReader {
  readonly #files: LedgerFiles;
  readonly #broken: (what: string) => Fault;

  constructor(files: LedgerFiles, broken: (what: string) => Fault) {
    this.#files = files;
    this.#broken = broken;
  }

  /** The last tiles, which have to give the root that the checkpoint says, and the last bundle, which has to fit them. */
  async rightEdge(head: LedgerCheckpoint | undefined): Promise<{ edge: RightEdge; bundle: Buffer }> {
    const size = head?.size ?? 0;
    const levels: (readonly Buffer[])[] = [];
    for (const tile of partialTiles(size)) {
      const hashes = tileHashes(await this.#tile(tilePath(tile)), tile.width);
      if (hashes === undefined) throw this.#broken(`${tilePath(tile)} has not ${tile.width} hashes`);
      while (levels.length < tile.level) levels.push([]);
      levels.push(hashes);
    }
    const [width, index] = [size % TILE_WIDTH, Math.floor(size / TILE_WIDTH)];
    const bundle = width === 0 ? Buffer.alloc(0) : await this.#tile(tilePath({ level: "entries", index, width }));
    const entries = bundleEntries(bundle, width) ?? [];
    const leaves = width === 0 ? [] : (levels[0] ?? []);
    if (entries.length !== width || !leaves.every((hash, at) => hash.equals(leafHash(entries[at] ?? ""))))
      throw this.#broken(`the entries ${index * TILE_WIDTH} to ${size - 1} do not fit their hashes`);
    const edge = new RightEdge(size, levels, entries);
    if (head !== undefined && !edge.root().equals(head.root))
      throw this.#broken("its tiles do not give the root that the checkpoint says");
    return { edge, bundle };
  }

  async knownRuns(size: number, mark: string | undefined): Promise<KnownRuns> {
    const known = readMark(mark, size);
    for (let index = Math.floor(known.size / TILE_WIDTH); index * TILE_WIDTH < size; index += 1) {
      const first = index * TILE_WIDTH;
      const width = Math.min(TILE_WIDTH, size - first);
      const entries = bundleEntries(await this.#tile(tilePath({ level: "entries", index, width })), width);
      if (entries === undefined)
        throw this.#broken(`the entries ${first} to ${first + width - 1} cannot be told apart`);
      for (const entry of entries.slice(known.size - first)) this.add(known, entry, known.size);
    }
    return known;
  }

  /** Entries that are written and not signed for: a process has died in between. */
  async beyond(size: number, bundle: Buffer): Promise<readonly Buffer[]> {
    const found: Buffer[] = [];
    let [begin, skip] = [bundle, size % TILE_WIDTH];
    for (let index = Math.floor(size / TILE_WIDTH); ; index += 1) {
      const width = await this.#widest(index);
      if (width <= skip) return found;
      const bytes = await this.#tile(tilePath({ level: "entries", index, width }));
      const entries = bundleEntries(bytes, width);
      if (entries === undefined || !bytes.subarray(0, begin.length).equals(begin))
        throw this.#broken(`the entries from ${index * TILE_WIDTH + skip} on do not go on from the ones before`);
      found.push(...entries.slice(skip));
      if (width < TILE_WIDTH) return found;
      [begin, skip] = [Buffer.alloc(0), 0];
    }
  }

  /** Width of the widest bundle at an index that is there; 0 if none is. */
  async #widest(index: number): Promise<number> {
    if ((await this.#files.read(tilePath({ level: "entries", index, width: TILE_WIDTH }))) !== undefined)
      return TILE_WIDTH;
    const names = await this.#files.list(partialsPath("entries", index));
    return Math.max(0, ...names.filter((name) => /^[1-9]\d{0,2}$/.test(name)).map(Number));
  }

  /** Takes in an entry that is there. */
  add(known: KnownRuns, entry: Buffer, index: number): void {
    const leaf = readLeaf(entry);
    if (leaf === undefined || !known.add(leaf)) throw this.#broken(`entry ${index} is no leaf that can stand there`);
  }

  async #tile(path: string): Promise<Buffer> {
    const bytes = await this.#files.read(path);
    if (bytes === undefined) throw this.#broken(`${path} is missing`);
    return bytes;
  }
}
