import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { edited } from "./mutant.ts";
import type { Edit } from "./mutant.ts";

/** The top of this repository. */
export const ROOT = join(import.meta.dirname, "../..");

/** What tests and checker need of it; nothing else is copied. */
const FOLDERS = ["src", "test", "tools", "examples", "docs", "proto"];
const FILES = ["package.json", "tsconfig.json", "vitest.config.ts", "layers.json"];

const LEFT = new Set(["node_modules", ".verbatim", "out"]);

/** What was installed, made, or kept for the next time stays where it is. */
function isOurs(path: string): boolean {
  return !LEFT.has(basename(path));
}

/** A copy of the tree in a temporary directory, in which a mutant can live. The working tree is never written to. */
export class TreeCopy implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "verbatim-mutants-"));

  constructor() {
    for (const part of [...FOLDERS, ...FILES])
      cpSync(join(ROOT, part), join(this.path, part), { recursive: true, filter: isOurs });
    symlinkSync(join(ROOT, "node_modules"), join(this.path, "node_modules"));
  }

  /** Makes the edits until the returned value is disposed. @throws {EditError} if one does not fit. */
  apply(edits: readonly Edit[]): Disposable {
    const files = [...new Set(edits.map(({ file }) => file))];
    const originals = files.map(
      (file) => [join(this.path, file), readFileSync(join(this.path, file), "utf8")] as const,
    );
    const restore = (): void => {
      for (const [path, text] of originals) writeFileSync(path, text);
    };
    try {
      for (const edit of edits) {
        const path = join(this.path, edit.file);
        writeFileSync(path, edited(readFileSync(path, "utf8"), edit));
      }
    } catch (error) {
      restore();
      throw error;
    }
    return { [Symbol.dispose]: restore };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
