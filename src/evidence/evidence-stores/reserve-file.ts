import { createCipheriv } from "node:crypto";
import { closeSync, openSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeFully } from "../durable-file.ts";
import type { EvidenceDisk } from "../evidence-disk.ts";

const FILE = "reserve";
const PIECE_BYTES = 1024 * 1024;
/** Of a block of a file, as the system counts them. */
const BLOCK_BYTES = 512;

class ReserveFile implements EvidenceDisk {
  readonly #directory: string;
  readonly #path: string;
  readonly #bytes: number;

  constructor(directory: string, bytes: number) {
    this.#directory = directory;
    this.#path = join(directory, FILE);
    this.#bytes = bytes;
  }

  freeBytes(): number {
    try {
      const { bavail, bsize } = statfsSync(this.#directory);
      return bavail * bsize;
    } catch {
      return 0;
    }
  }

  /** It is not synced: a power cut takes the file, and the start after it makes another one. */
  holdReserve(): void {
    const held = statSync(this.#path, { throwIfNoEntry: false });
    if (held !== undefined && held.size === this.#bytes && held.blocks * BLOCK_BYTES >= this.#bytes) return;
    const file = openSync(this.#path, "w", 0o600);
    try {
      // Zeros could be kept as a hole, or be compressed to nothing.
      const noise = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
      for (let left = this.#bytes; left > 0; left -= PIECE_BYTES)
        writeFully(file, noise.update(Buffer.alloc(Math.min(left, PIECE_BYTES))));
    } finally {
      closeSync(file);
    }
  }

  releaseReserve(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // A disk that takes no change takes no record either: the store halts, and says why.
    }
  }
}

/** A reserve as a file of that many bytes in the state directory, and the room on the disk around it. */
export function createReserveFile(directory: string, bytes: number): EvidenceDisk {
  return new ReserveFile(directory, bytes);
}
