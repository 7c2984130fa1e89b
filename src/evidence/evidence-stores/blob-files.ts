import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { BLOB_PIECE_BYTES } from "../log-backend.ts";

const DIGEST = /^[\w-]{43}$/;

/** Writes all of it: a short write is not an error to the system, but it is one to us. */
export function writeFully(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    const count = writeSync(file, bytes, written);
    if (count === 0) throw new Error("the file system took no more bytes");
    written += count;
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

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

/** The name is there only when all of the bytes are durable. */
function writeWhole(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.part`;
  const file = openSync(unfinished, "w", 0o600);
  try {
    writeFully(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}
