import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The top of this repository. */
export const ROOT = join(import.meta.dirname, "../../..");

/** Every document of this repository, by its path from the top. */
export function documentPaths(): readonly string[] {
  const below = ["docs", "tools", "proto", "examples"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  );
  const paths = [...readdirSync(ROOT), ...below].filter(
    (path) => path.endsWith(".md") && !path.includes("node_modules"),
  );
  return paths.toSorted();
}

/** The text of a file, by its path from the top. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** A fenced block of a document. */
export interface FencedBlock {
  /** What follows the fence, for example `console`. */
  readonly language: string;
  readonly text: string;
  /** What the comment right above it says, for example `run`; absent if there is none. */
  readonly marker: string | undefined;
  /** The line of the document on which the block begins, 1-based. */
  readonly line: number;
}

const FENCE = /^(?:<!-- (?<marker>[^>]*?) -->\n)?```(?<language>\S*)\n(?<text>[\s\S]*?)^```$/gm;

/** The fenced blocks of a document, in order. */
export function fencedBlocks(document: string): readonly FencedBlock[] {
  return [...document.matchAll(FENCE)].map(({ groups, index }) => ({
    language: groups?.["language"] ?? "",
    text: groups?.["text"] ?? "",
    marker: groups?.["marker"],
    line: document.slice(0, index).split("\n").length,
  }));
}

/** The rows of the table right below the comment `<!-- name -->`, without its two head lines; each row's cells, trimmed. */
export function markedTable(document: string, name: string): readonly (readonly string[])[] {
  const after = document.split(`<!-- ${name} -->\n`)[1];
  if (after === undefined) throw new Error(`there is no comment <!-- ${name} -->`);
  const lines = after.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  if (end < 3) throw new Error(`there is no table right below <!-- ${name} -->`);
  return lines.slice(2, end).map(cellsOf);
}

/** The cells of one line of a table; `\|` is a bar that divides nothing. */
function cellsOf(line: string): readonly string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}
