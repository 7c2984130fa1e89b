import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { jsonPlaces } from "../config/json-places.ts";
import type { Finding } from "../report/finding.ts";
import { compare, unproven } from "../report/finding.ts";

/** The file's name, if nobody says another. */
export const BASELINE_FILE = "layer-lint-baseline.json";

const MAX_ENTRIES = 10_000;
const MAX_TEXT_CHARACTERS = 4000;

const sentence = z.string().max(MAX_TEXT_CHARACTERS);
const entry = z.strictObject({
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "is no fingerprint: 32 hexadecimal digits, as `--format json` prints them"),
  law: sentence,
  file: sentence,
  message: sentence,
  // What is missing here is told of each entry by name, and can be pruned.
  reason: sentence.optional(),
  owner: sentence.optional(),
  expires: sentence.optional(),
});
const baselineSchema = z.strictObject({ version: z.literal(1), entries: z.array(entry).max(MAX_ENTRIES) });

/** One finding that is known, as the file has it. */
export type BaselineEntry = z.infer<typeof entry>;

/** A baseline that was read. */
export interface Baseline {
  /** Absolute. */
  readonly path: string;
  /** From the project's root. */
  readonly file: string;
  readonly entries: readonly BaselineEntry[];
  /** Where the entry of that index stands. */
  placeOf(index: number): { readonly file: string; readonly line: number; readonly column: number };
}

/** Where a baseline can be. */
export interface BaselineSearch {
  /** The project's folder, absolute. */
  readonly root: string;
  /** The folder of the configuration, absolute. */
  readonly configFolder: string;
  /** From the root, as the configuration says. */
  readonly configured: string | undefined;
  /** From the current folder, as the caller says. */
  readonly asked: string | undefined;
}

/** The path of the baseline, and whether somebody asked for just this one: then it has to be there. */
export function baselinePath({ root, configFolder, configured, asked }: BaselineSearch): {
  readonly path: string;
  readonly isAsked: boolean;
} {
  if (asked !== undefined) return { path: resolve(asked), isAsked: true };
  if (configured !== undefined) return { path: resolve(root, configured), isAsked: true };
  return { path: join(configFolder, BASELINE_FILE), isAsked: false };
}

/** The baseline; undefined if there is none and nobody asked for one; or what is wrong with it. */
export function readBaseline(search: BaselineSearch): Baseline | undefined | { readonly findings: readonly Finding[] } {
  const { path, isAsked } = baselinePath(search);
  const file = relative(search.root, path).split(sep).join("/");
  const refuse = (message: string, place = { line: 1, column: 1 }): Finding =>
    unproven({ file, ...place, message }, "Mend the baseline; `layer-lint baseline --help` says what it holds.");
  if (!existsSync(path)) return isAsked ? { findings: [refuse("The baseline is not there")] } : undefined;
  let text: string;
  let value: unknown;
  try {
    text = readFileSync(path, "utf8");
    value = JSON.parse(text);
  } catch (error) {
    return { findings: [refuse(`The baseline cannot be read as JSON: ${String(error)}`)] };
  }
  const places = jsonPlaces(text);
  const parsed = baselineSchema.safeParse(value);
  const twice = places.duplicates.map((at) => refuse(`${at.join(".")}: the key stands twice`, places.at(at)));
  if (!parsed.success || twice.length > 0) {
    const wrong = (parsed.error?.issues ?? []).map((issue) => {
      const at = issue.path.filter((key) => typeof key !== "symbol");
      return refuse(`${at.join(".") || "the baseline"}: ${issue.message}`, places.at(at));
    });
    return { findings: [...twice, ...wrong] };
  }
  const { entries } = parsed.data;
  return { path, file, entries, placeOf: (index) => ({ file, ...places.at(["entries", index]) }) };
}

/** Writes a baseline in an order that does not depend on how it came about. */
export function writeBaseline(path: string, entries: readonly BaselineEntry[]): void {
  const sorted = entries.toSorted(
    (a, b) => compare(a.law, b.law) || compare(a.file, b.file) || compare(a.fingerprint, b.fingerprint),
  );
  writeFileSync(path, `${JSON.stringify({ version: 1, entries: sorted }, undefined, 2)}\n`);
}
