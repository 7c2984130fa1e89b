import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, textOf } from "./documents.ts";

/** A file of tests, and the titles in it. */
export interface TestFile {
  /** From the top of this repository. */
  readonly path: string;
  readonly titles: readonly string[];
}

const FOLDERS = ["test", "tools/layer-lint/test"];

/** The first text that is given to test, it or describe, also where a table or options stand in between. */
const TITLE = /\b(?:test|it|describe)(?:\.\w+)*(?:\([^"'`]*?\))?\(\s*(["'`])(.*?)\1/gs;

/** Every file of tests of this repository. */
export function testFiles(): readonly TestFile[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((path) => join(folder, path))
      .filter((path) => path.endsWith(".test.ts") && !path.includes("node_modules"))
      .map((path) => ({ path, titles: titlesIn(textOf(path)) })),
  );
}

/** The titles in the text of one file. */
export function titlesIn(text: string): readonly string[] {
  return [...text.matchAll(TITLE)].map(([, , title]) => title ?? "");
}
