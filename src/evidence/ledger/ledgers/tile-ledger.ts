import { Fault } from "#model";
import type { Signer } from "../../signing/signer.ts";
import { leafText } from "../leaf.ts";
import type { CreatedLeaf, LedgerLeaf, SealedLeaf } from "../leaf.ts";
import { signCheckpoint } from "../ledger-checkpoint.ts";
import { CHECKPOINT_FILE, MARK_FILE } from "../ledger-names.ts";
import type { RightEdge, Tile } from "../right-edge.ts";
import type { RunLedger } from "../run-ledger.ts";
import { partialsPath, TILE_WIDTH, tilePath } from "../tile.ts";
import type { KnownRuns } from "./known-runs.ts";
import type { LedgerFiles } from "./ledger-files.ts";

/** Most leaves of one commit. */
const LEAVES_PER_COMMIT = 4096;
/** After so many leaves it is remembered which runs are known, so that a start reads no more than these again. */
const LEAVES_BETWEEN_MARKS = 1024;

/** What a ledger of files is made of. */
export interface TileLedgerParts {
  readonly files: LedgerFiles;
  readonly signer: Signer;
  readonly origin: string;
  readonly edge: RightEdge;
  readonly known: KnownRuns;
  /** The newest checkpoint, if there is one. */
  readonly checkpoint: string | undefined;
  /** Told once, when a write has failed; must not throw. */
  readonly onHalt: (why: string) => void;
  /** Told when a checkpoint could not be signed: it is tried again with the next leaf; must not throw. */
  readonly onUnsigned: (error: unknown) => void;
}

/** Keeps the ledger as tiles. One commit writes all leaves that wait, then what signs for them. */
export class TileLedger implements RunLedger {
  readonly #parts: TileLedgerParts;
  #checkpoint: string | undefined;
  #waiting: Buffer[] = [];
  #working: Promise<void> | undefined;
  #halted: string | undefined;
  /** Why the leaves that are written are under no checkpoint yet. */
  #unsigned: unknown;
  /** Directories of partial tiles that are full now, once a checkpoint says so. */
  #obsolete: string[] = [];
  #marked: number;
  #closing: Promise<void> | undefined;

  constructor(parts: TileLedgerParts) {
    this.#parts = parts;
    this.#checkpoint = parts.checkpoint;
    this.#marked = parts.known.size;
  }

  get newestRun(): string | undefined {
    return this.#parts.known.newestRun;
  }

  get unsealedRuns(): Iterable<string> {
    return this.#parts.known.unsealedRuns;
  }

  get checkpoint(): string {
    return this.#checkpoint ?? "";
  }

  get halted(): string | undefined {
    return this.#halted;
  }

  created(leaf: CreatedLeaf): void {
    this.#take(leaf);
  }

  sealed(leaf: SealedLeaf): void {
    this.#take(leaf);
  }

  #take(leaf: LedgerLeaf): void {
    if (this.#halted !== undefined) throw this.#haltedFault();
    const entry = Buffer.from(leafText(leaf));
    if (!this.#parts.known.add(leaf)) return;
    this.#waiting.push(entry);
    this.#working ??= this.#work();
  }

  /** What came in while one commit was written goes into the next. */
  async #work(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#waiting.length > 0) await this.#commit();
    } catch (error) {
      this.#halt(error);
    }
    this.#working = undefined;
  }

  async #commit(): Promise<void> {
    const { files, edge, known } = this.#parts;
    const entries = this.#waiting.splice(0, LEAVES_PER_COMMIT);
    const markDue = this.#waiting.length === 0 && known.size - this.#marked >= LEAVES_BETWEEN_MARKS;
    const mark = markDue ? known.mark() : undefined;
    const tiles = edge.grow(entries);
    await files.write(tiles.map((tile) => ({ path: tilePath(tile), bytes: tile.bytes })));
    this.#obsolete.push(...tiles.filter(isFull).map(({ level, index }) => partialsPath(level, index)));
    await this.sign();
    if (mark === undefined || this.#unsigned !== undefined) return;
    this.#marked = edge.size;
    await files.write([{ path: MARK_FILE, bytes: Buffer.from(mark) }]);
  }

  /**
   * Signs for what is written. The tiles are durable before anything is signed, and a start takes in all that are there: so
   * no two checkpoints are ever signed of which one is not the beginning of the other.
   */
  async sign(): Promise<void> {
    const { files, signer, origin, edge } = this.#parts;
    let checkpoint: string;
    try {
      checkpoint = await signCheckpoint({ origin, size: edge.size, root: edge.root() }, signer);
    } catch (error) {
      this.#unsigned = error;
      return this.#parts.onUnsigned(error);
    }
    await files.write([{ path: CHECKPOINT_FILE, bytes: Buffer.from(checkpoint) }]);
    this.#checkpoint = checkpoint;
    this.#unsigned = undefined;
    for (const directory of this.#obsolete.splice(0)) await files.removeDirectory(directory);
  }

  #halt(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#halted = error instanceof Error && "path" in error && "code" in error ? String(error.code) : why; // no path for callers
    this.#waiting = [];
    this.#parts.onHalt(why);
  }

  #haltedFault(): Fault {
    const text = `The ledger of runs took no more leaves after a failed write (${this.#halted}). Mend the cause and start again: the start makes up for what is missing.`;
    return new Fault("STORE_HALTED", text);
  }

  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
    if (this.#halted === undefined && this.#unsigned !== undefined) await this.#signAgain();
    if (this.#halted !== undefined) throw this.#haltedFault();
    if (this.#unsigned !== undefined) throw this.#unsigned;
  }

  async #signAgain(): Promise<void> {
    try {
      await this.sign();
    } catch (error) {
      this.#halt(error);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.settled();
      const mark = Buffer.from(this.#parts.known.mark());
      await this.#parts.files.write([{ path: MARK_FILE, bytes: mark }]);
    } catch {
      // Told already; and without a mark the next start reads more, no more than that.
    }
    this.#halted ??= "it was closed";
  }
}

function isFull({ width }: Tile): boolean {
  return width === TILE_WIDTH;
}
