import { dirname, join } from "node:path";
import type { Disk } from "./disk.ts";

/** A file to be written, by its path within the ledger. */
export interface LedgerFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The files of a ledger, by their paths within it. A name is there only when all of its bytes are durable. */
export class LedgerFiles {
  readonly #directory: string;
  readonly #disk: Disk;
  /** Directories that this process has made durable. */
  readonly #known = new Set<string>();

  constructor(directory: string, disk: Disk) {
    this.#directory = directory;
    this.#disk = disk;
  }

  async read(path: string): Promise<Buffer | undefined> {
    return await this.#disk.read(join(this.#directory, path));
  }

  async list(path: string): Promise<readonly string[]> {
    return await this.#disk.list(join(this.#directory, path));
  }

  /** Durable when it resolves, names included. @throws whatever the file system says; nothing is tried again. */
  async write(files: readonly LedgerFile[]): Promise<void> {
    const changed = new Set<string>();
    for (const { path, bytes } of files) {
      const whole = join(this.#directory, path);
      await this.#makeDirectories(dirname(whole), changed);
      await this.#writeWhole(whole, bytes);
      changed.add(dirname(whole));
    }
    for (const directory of changed) await this.#sync(directory);
    for (const directory of changed) this.#known.add(directory);
  }

  /** Removes a directory. That it is gone need not be durable. */
  async removeDirectory(path: string): Promise<void> {
    const whole = join(this.#directory, path);
    this.#known.delete(whole);
    await this.#disk.removeDirectory(whole);
  }

  /** A directory that an earlier process has made may have died with it before its name was synced: each is synced once. */
  async #makeDirectories(directory: string, changed: Set<string>): Promise<void> {
    if (this.#known.has(directory) || changed.has(directory)) return;
    if (directory !== this.#directory) await this.#makeDirectories(dirname(directory), changed);
    await this.#disk.makeDirectory(directory);
    changed.add(directory);
    changed.add(dirname(directory));
  }

  async #writeWhole(path: string, bytes: Uint8Array): Promise<void> {
    const unfinished = `${path}.part`;
    const file = await this.#disk.create(unfinished);
    try {
      for (let written = 0; written < bytes.length;) {
        const count = await file.write(bytes.subarray(written));
        if (count === 0) throw new Error("the file system took no more bytes");
        written += count;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#disk.rename(unfinished, path);
  }

  async #sync(directory: string): Promise<void> {
    const handle = await this.#disk.openDirectory(directory);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
