import { spawnSync } from "node:child_process";
import { appendFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** A file system of its own, in memory, as large as is said. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  resize(size: string): void;
  /** Lets somebody else fill it up, so that this much is left. */
  fillUpTo(freeBytes: number): void;
  /** Takes that away again. */
  clear(): void;
}

/** Mounts it; disposing takes it away. Needs root. */
export function smallDisk(path: string, size: string): SmallDisk {
  run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path);
  const filler = join(path, "filler");
  return {
    path,
    fillUpTo(freeBytes) {
      const { bavail, bsize } = statfsSync(path);
      appendFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
    },
    clear: () => rmSync(filler, { force: true }),
    resize: (to) => run("mount", "-o", `remount,size=${to}`, path),
    [Symbol.dispose]: () => run("umount", "--lazy", path),
  };
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}
