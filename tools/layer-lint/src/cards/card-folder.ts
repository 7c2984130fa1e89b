import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { CARD_MARK } from "./card-text.ts";

/** Something in a folder of cards that is not as it would be written. */
export interface CardDifference {
  readonly path: string;
  readonly what: "is missing" | "is out of date" | "has lost what it speaks of" | "is no card";
}

/** Compares a folder with the cards that would be written. */
export function compareCards(folder: string, cards: ReadonlyMap<string, string>): CardDifference[] {
  const there = filesIn(folder);
  const missing = [...cards.keys()].filter((path) => !there.includes(path));
  const found = there.flatMap((path): CardDifference[] => {
    const text = readFileSync(join(folder, path), "utf8");
    const wanted = cards.get(path);
    if (wanted === text) return [];
    if (wanted !== undefined) return [{ path, what: "is out of date" }];
    return [{ path, what: text.startsWith(CARD_MARK) ? "has lost what it speaks of" : "is no card" }];
  });
  return [...missing.map((path) => ({ path, what: "is missing" }) as const), ...found].toSorted((a, b) =>
    a.path < b.path ? -1 : 1,
  );
}

/** Writes the cards, and removes those whose file or layer is gone; what is no card is left alone. */
export function writeCards(folder: string, cards: ReadonlyMap<string, string>): void {
  for (const { path, what } of compareCards(folder, cards)) {
    if (what === "has lost what it speaks of") rmSync(join(folder, path));
    const text = cards.get(path);
    if (text === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).split(sep).join("/"));
}
