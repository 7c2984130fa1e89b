import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncDirectory, writeWhole } from "../durable-file.ts";
import { BLOB_PIECE_BYTES } from "../log-backend.ts";

const DIGEST = /^[\w-]{43}$/;

/** Payloads as files under their digest: `blobs/ab/abcd...`. */
export class BlobFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Durable when it returns, also if the file is there already: who put it may have died before its name was synced. */
  put(digest: string, bytes: Uint8Array): void {
    const path = this.#path(digest);
    if (!existsSync(path)) writeWhole(path, bytes);
    syncDirectory(dirname(path));
    syncDirectory(this.#directory);
  }

  get(digest: string): Uint8Array | undefined {
    if (!DIGEST.test(digest)) return undefined;
    const path = this.#path(digest);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  /** A piece of at most {@link BLOB_PIECE_BYTES}. The file is closed again: readers who are slow must not use up its handles. */
  read(
    digest: string,
    { start, into }: { readonly start: number; readonly into?: Uint8Array },
  ): Uint8Array | undefined {
    if (!DIGEST.test(digest)) return undefined;
    const path = this.#path(digest);
    if (!existsSync(path)) return undefined;
    const file = openSync(path, "r");
    try {
      const room = Math.max(0, Math.min(BLOB_PIECE_BYTES, fstatSync(file).size - start));
      const piece = into ?? new Uint8Array(room);
      return piece.subarray(0, readSync(file, piece, 0, room, start));
    } finally {
      closeSync(file);
    }
  }

  #path(digest: string): string {
    return join(this.#directory, digest.slice(0, 2), digest);
  }
}
