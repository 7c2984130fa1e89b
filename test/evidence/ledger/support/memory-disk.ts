import { dirname } from "node:path";
import type { Disk, DiskFile } from "../../../../src/evidence/ledger/ledgers/disk.ts";

interface Inode {
  bytes: Buffer;
  synced: Buffer;
}

type Entry = Inode | "directory";

/**
 * A disk in memory that knows what a power cut takes: bytes of files that were not synced, and names in directories that
 * were not synced. It counts calls, and fails from one of them on, as a disk does that is full or gone.
 */
export class MemoryDisk implements Disk {
  /** What is seen now. */
  readonly #names = new Map<string, Entry>();
  /** What is there after a power cut. */
  readonly #durable = new Map<string, Entry>();
  calls = 0;
  /** The call that fails, 1-based, and all after it; a write among them takes half of its bytes. */
  failsFrom = Infinity;

  #call(): void {
    this.calls += 1;
    if (this.calls >= this.failsFrom) throw new Error(`call ${this.calls} failed`);
  }

  makeDirectory(path: string): Promise<void> {
    return this.#later(() => {
      if (!this.#names.has(path)) this.#names.set(path, "directory");
    });
  }

  create(path: string): Promise<DiskFile> {
    return this.#later(() => {
      const inode: Inode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
      if (this.#names.get(dirname(path)) !== "directory") throw new Error(`no directory for ${path}`);
      this.#names.set(path, inode);
      return {
        write: (bytes) => this.#write(inode, bytes),
        sync: () => this.#later(() => void (inode.synced = inode.bytes)),
        close: () => Promise.resolve(),
      };
    });
  }

  #write(inode: Inode, bytes: Uint8Array): Promise<number> {
    const fails = this.calls + 1 >= this.failsFrom;
    const taken = bytes.subarray(0, fails ? bytes.length / 2 : bytes.length);
    inode.bytes = Buffer.concat([inode.bytes, taken]);
    return this.#later(() => bytes.length);
  }

  openDirectory(path: string): Promise<Pick<DiskFile, "sync" | "close">> {
    return this.#later(() => ({
      sync: () => this.#later(() => this.#syncNames(path)),
      close: () => Promise.resolve(),
    }));
  }

  #syncNames(directory: string): void {
    const within = (path: string): boolean => dirname(path) === directory;
    for (const path of [...this.#durable.keys()].filter(within)) if (!this.#names.has(path)) this.#durable.delete(path);
    for (const [path, entry] of this.#names) if (within(path)) this.#durable.set(path, entry);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#later(() => {
      this.#names.set(to, this.#names.get(from)!);
      this.#names.delete(from);
    });
  }

  removeDirectory(path: string): Promise<void> {
    return this.#later(() => {
      for (const name of this.#names.keys()) if (name === path || name.startsWith(`${path}/`)) this.#names.delete(name);
    });
  }

  read(path: string): Promise<Buffer | undefined> {
    const entry = this.#names.get(path);
    return Promise.resolve(entry === undefined || entry === "directory" ? undefined : entry.bytes);
  }

  list(path: string): Promise<readonly string[]> {
    const names = [...this.#names.keys()].filter((name) => dirname(name) === path);
    return Promise.resolve(names.map((name) => name.slice(path.length + 1)));
  }

  /** The disk of a process that died: everything that was done is there, and calls succeed again. */
  afterCrash(): MemoryDisk {
    return this.#copy(this.#names, (inode) => inode.bytes);
  }

  /** The disk after the power was cut: only what was synced is there, and names whose directory is. */
  afterPowerCut(): MemoryDisk {
    return this.#copy(this.#durable, (inode) => inode.synced);
  }

  #copy(entries: ReadonlyMap<string, Entry>, bytesOf: (inode: Inode) => Buffer): MemoryDisk {
    const copy = new MemoryDisk();
    for (const [path, entry] of entries) {
      if (!this.#isReachable(path, entries)) continue;
      const kept = entry === "directory" ? entry : { bytes: bytesOf(entry), synced: bytesOf(entry) };
      copy.#names.set(path, kept);
      copy.#durable.set(path, kept);
    }
    return copy;
  }

  #isReachable(path: string, entries: ReadonlyMap<string, Entry>): boolean {
    const parent = dirname(path);
    return parent === "/" || (entries.get(parent) === "directory" && this.#isReachable(parent, entries));
  }

  async #later<Value>(act: () => Value): Promise<Value> {
    this.#call();
    await Promise.resolve();
    return act();
  }
}
