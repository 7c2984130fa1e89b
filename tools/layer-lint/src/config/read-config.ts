import { readFileSync } from "node:fs";
import type { ParseError } from "jsonc-parser";
import { parseTree } from "jsonc-parser";
import { LAW_KINDS } from "../laws/index.ts";
import type { Law, LawKind } from "../laws/law.ts";
import type { Finding } from "../report/finding.ts";
import { unproven } from "../report/finding.ts";
import type { Complaint } from "./complaints.ts";
import { complaintsOf, shown } from "./complaints.ts";
import { crossChecks } from "./cross-checks.ts";
import { expandGlob } from "./globs.ts";
import { expandPaths } from "./expand-paths.ts";
import type { JsonPlaces } from "./json-places.ts";
import { jsonPlaces } from "./json-places.ts";
import type { Layout } from "./layout.ts";
import { makeLayout } from "./layout.ts";
import type { ConfigFile } from "./schema.ts";
import { configSchema } from "./schema.ts";

/** A configuration that fits its schema and whose names all mean something. */
export interface Config {
  /** How messages call the file. */
  readonly file: string;
  readonly entries: ConfigFile;
  readonly layout: Layout;
  /** In the order of the file. */
  readonly laws: readonly Law[];
  readonly places: JsonPlaces;
}

/** The configuration, or everything that is wrong with it. */
export type ReadConfig = { readonly config: Config } | { readonly findings: readonly Finding[] };

/** How a configuration is read. */
export interface ReadOptions {
  /** How messages call the file. */
  readonly shownAs: string;
  /** The project's folder, absolute: globs are expanded there. */
  readonly root: string;
  /** The known kinds of law. */
  readonly kinds?: readonly LawKind[];
}

/** Reads `layers.json` at the absolute path `path`, and lists all problems at once. */
export function readConfig(path: string, { shownAs, root, kinds = LAW_KINDS }: ReadOptions): ReadConfig {
  const refuse = (message: string, at: { line: number; column: number } = { line: 1, column: 1 }): Finding =>
    unproven({ file: shownAs, ...at, message }, "Mend the configuration; README.md of layer-lint describes every key.");
  let text = "";
  let value: unknown;
  try {
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
    value = JSON.parse(text);
  } catch (error) {
    return { findings: [refuse(whyUnreadable(error), firstErrorIn(text))] };
  }
  const places = jsonPlaces(text);
  const complaints: Complaint[] = places.duplicates.map((at) => ({ path: at, message: "the key stands twice" }));
  const parsed = configSchema.safeParse(value);
  const laws = bindLaws(parsed.success ? parsed.data.laws : lawsOf(value), kinds, complaints);
  if (!parsed.success) complaints.push(...complaintsOf(parsed.error));
  const entries = parsed.success ? expandPaths(parsed.data, { root, complaints }) : undefined;
  if (entries !== undefined) complaints.push(...crossChecks(entries, laws));
  if (entries === undefined || complaints.length > 0) {
    return { findings: complaints.map(({ path: at, message }) => refuse(`${shown(at)}: ${message}`, places.at(at))) };
  }
  const layout = makeLayout(entries, (glob) => expandGlob(root, glob));
  return { config: { file: shownAs, entries, layout, laws, places } };
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "The configuration is not there (ENOENT)";
  if (code === "EISDIR") return "The configuration is a folder, and has to be a file (EISDIR)";
  if (code !== undefined) return `The configuration cannot be read: ${String(error)}`;
  return `The configuration cannot be read as JSON: ${String(error)}`;
}

/** The place at which a text stops being JSON. */
function firstErrorIn(text: string): { line: number; column: number } {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const before = text.slice(0, errors[0]?.offset ?? 0).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** The laws of a configuration that is wrong elsewhere, so that theirs is told with the rest. */
function lawsOf(value: unknown): ConfigFile["laws"] {
  const laws = configSchema.shape.laws.safeParse(
    typeof value === "object" && value !== null && "laws" in value ? value.laws : undefined,
  );
  return laws.success ? laws.data : undefined;
}

function bindLaws(entries: ConfigFile["laws"], kinds: readonly LawKind[], complaints: Complaint[]): Law[] {
  const laws: Law[] = [];
  for (const [id, entry] of Object.entries(entries ?? {})) {
    const kind = kinds.find((known) => known.kind === entry.kind);
    if (kind === undefined) {
      const known = kinds.map((each) => each.kind).join(", ");
      complaints.push({ path: ["laws", id, "kind"], message: `"${entry.kind}" is no kind of law; known are ${known}` });
      continue;
    }
    const fits = kind.schema.safeParse(entry);
    if (fits.success) laws.push(kind.bind(id, entry));
    else complaints.push(...complaintsOf(fits.error, ["laws", id]));
  }
  return laws;
}
