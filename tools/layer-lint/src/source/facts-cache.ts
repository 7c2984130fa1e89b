import { hash } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compare } from "../report/finding.ts";
import type { Facts } from "./facts.ts";
/** The file is written anew when it holds this many times more entries than are in use. */
const MAX_STALE_FACTOR = 2;
/** Fewer entries than this are not worth writing the file anew. */
const MIN_ENTRIES_TO_COMPACT = 1000;

/** Facts that were made before, by the hash of the text that they were made of. */
export interface FactsCache {
  get(key: string): Facts | undefined;
  put(key: string, facts: Facts): void;
  /** Keeps what was put. A cache that cannot be written is none, and the check goes on. */
  save(): void;
}

/**
 * Opens the cache in the folder `directory`: one file, each line an entry with the hash of its own text. A line that was
 * changed, cut, or written by another version is not used, and what it would have said is read from the source again.
 */
export function openFactsCache(directory: string): FactsCache {
  const path = join(directory, "facts.jsonl");
  const version = versionOfReaders();
  const lines = linesOf(path);
  const used = new Map<string, string>();
  const added: string[] = [];
  return {
    get(key) {
      const line = lines.get(key);
      const facts = line === undefined ? undefined : factsOf(key, line, version);
      if (line !== undefined && facts !== undefined) used.set(key, line);
      return facts;
    },
    put(key, facts) {
      const text = JSON.stringify(facts);
      const line = `${key} ${sealOf(key, text, version)} ${text}`;
      used.set(key, line);
      added.push(line);
    },
    save() {
      const isStale = lines.size > MIN_ENTRIES_TO_COMPACT && lines.size > MAX_STALE_FACTOR * used.size;
      if (added.length === 0 && !isStale) return;
      try {
        mkdirSync(directory, { recursive: true });
        // One write with O_APPEND: checks that run side by side add whole lines.
        if (isStale) replace(path, [...used.values()]);
        else appendFileSync(path, `\n${added.join("\n")}\n`);
      } catch {
        // Read-only folders and full disks only cost the time to read the sources again.
      }
      added.length = 0;
    },
  };
}

/** A hash of the readers themselves and of the parser's version: facts that others made say something else. */
function versionOfReaders(): string {
  const { dirname: here } = import.meta;
  const parser = createRequire(import.meta.url).resolve("oxc-parser");
  const names = readdirSync(here).toSorted(compare);
  const texts = names.map((name) => readFileSync(join(here, name), "utf8"));
  return hash("sha256", [parserVersion(dirname(parser)), ...names, ...texts].join("\0"), "base64url");
}

/** From the nearest package.json that gives one. */
function parserVersion(folder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      readonly version?: unknown;
    }; // as: looked at below
    if (typeof version === "string") return version;
  } catch {
    // Further up.
  }
  const parent = dirname(folder);
  return parent === folder ? "unknown" : parserVersion(parent);
}

function linesOf(path: string): Map<string, string> {
  const lines = new Map<string, string>();
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return lines;
  }
  for (const line of text.split("\n")) {
    const end = line.indexOf(" ");
    if (end > 0) lines.set(line.slice(0, end), line);
  }
  return lines;
}

function factsOf(key: string, line: string, version: string): Facts | undefined {
  const start = key.length + 1;
  const end = line.indexOf(" ", start);
  if (end < 0) return undefined;
  const text = line.slice(end + 1);
  if (line.slice(start, end) !== sealOf(key, text, version)) return undefined;
  return JSON.parse(text) as Facts; // as: the seal says that this version wrote it
}

function sealOf(key: string, text: string, version: string): string {
  return hash("sha256", `${version} ${key} ${text}`, "base64url");
}

function replace(path: string, lines: readonly string[]): void {
  const fresh = `${path}.${process.pid}.${crypto.randomUUID()}`;
  try {
    writeFileSync(fresh, `${lines.join("\n")}\n`);
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}
