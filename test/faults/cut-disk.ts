import { spawnSync } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const BYTES = 256 * 1024 * 1024;

/** A disk with ext4 in a file, whose power can be cut: what was not synced is gone. Needs root and a loop device. */
export class CutDisk implements Disposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;

  constructor(directory: string) {
    this.path = join(directory, "disk");
    this.#image = join(directory, "disk.ext4");
    mkdirSync(this.path);
    writeFileSync(this.#image, "");
    truncateSync(this.#image, BYTES);
    run("mkfs.ext4", "-q", this.#image);
    this.#mount();
  }

  /** From now on nothing reaches the disk, neither what is written nor what waits to be: not even the journal. */
  cut(): void {
    run("xfs_io", "-x", "-c", "shutdown", this.path);
  }

  /** What the next boot finds. Nobody may have a file of it open. */
  restore(): void {
    run("umount", this.path);
    this.#mount();
  }

  #mount(): void {
    run("mount", "-o", "loop", this.#image, this.path);
  }

  [Symbol.dispose](): void {
    run("umount", "--lazy", this.path);
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
}
