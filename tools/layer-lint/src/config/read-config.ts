import { readFileSync } from "node:fs";
import type { z } from "zod";
import { LAW_KINDS } from "../laws/index.ts";
import type { Law, LawKind } from "../laws/law.ts";
import type { Finding } from "../report/finding.ts";
import { unproven } from "../report/finding.ts";
import type { JsonPath, JsonPlaces } from "./json-places.ts";
import { jsonPlaces } from "./json-places.ts";
import type { Layout } from "./layout.ts";
import { isWithin, listOf, makeLayout, permissionsOf } from "./layout.ts";
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

/** What is wrong at one place of the configuration. */
interface Complaint {
  readonly path: JsonPath;
  readonly message: string;
}

/**
 * Reads `layers.json` at the absolute path `path`, and lists all problems at once.
 * @param options.shownAs - How messages call the file.
 * @param options.kinds - The known kinds of law.
 */
export function readConfig(
  path: string,
  { shownAs, kinds = LAW_KINDS }: { readonly shownAs: string; readonly kinds?: readonly LawKind[] },
): ReadConfig {
  const refuse = (message: string, at: { line: number; column: number } = { line: 1, column: 1 }): Finding =>
    unproven({ file: shownAs, ...at, message }, "Mend the configuration; README.md of layer-lint describes every key.");
  let text: string;
  let value: unknown;
  try {
    text = readFileSync(path, "utf8");
    value = JSON.parse(text);
  } catch (error) {
    return { findings: [refuse(`The configuration cannot be read as JSON: ${String(error)}`)] };
  }
  const places = jsonPlaces(text);
  const complaints: Complaint[] = places.duplicates.map((at) => ({ path: at, message: "the key stands twice" }));
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) complaints.push(...complaintsOf(parsed.error));
  const laws = parsed.success ? bindLaws(parsed.data, kinds, complaints) : [];
  if (parsed.success)
    complaints.push(...unknownNames(parsed.data), ...overlaps(parsed.data), ...contradictions(parsed.data, laws));
  if (!parsed.success || complaints.length > 0) {
    return { findings: complaints.map(({ path: at, message }) => refuse(`${shown(at)}: ${message}`, places.at(at))) };
  }
  return { config: { file: shownAs, entries: parsed.data, layout: makeLayout(parsed.data), laws, places } };
}

function bindLaws(entries: ConfigFile, kinds: readonly LawKind[], complaints: Complaint[]): Law[] {
  const laws: Law[] = [];
  for (const [id, entry] of Object.entries(entries.laws ?? {})) {
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

function complaintsOf(error: z.ZodError, above: JsonPath = []): Complaint[] {
  return error.issues.flatMap((issue) => complaintsOfIssue(issue, above));
}

function complaintsOfIssue(issue: z.core.$ZodIssue, above: JsonPath): Complaint[] {
  const path = [...above, ...issue.path.filter((key) => typeof key !== "symbol")];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key "${key}"` }));
  }
  if (issue.code === "invalid_union") {
    // The alternative that fits the value's form says what is wrong in it; the others only say "not a string".
    const alternative = issue.errors.find((issues) =>
      issues.some((inner) => inner.code !== "invalid_type" || inner.path.length > 0),
    );
    if (alternative !== undefined) return alternative.flatMap((inner) => complaintsOfIssue(inner, path));
  }
  return [{ path, message: issue.message }];
}

function unknownNames(entries: ConfigFile): Complaint[] {
  const names = new Set(entries.layers.map((layer) => layer.name));
  const complaints: Complaint[] = [];
  for (const [index, layer] of entries.layers.entries()) {
    if (entries.layers.findIndex((other) => other.name === layer.name) < index) {
      complaints.push({ path: ["layers", index, "name"], message: `a second layer is called "${layer.name}"` });
    }
    for (const target of permissionsOf(layer).keys()) {
      if (target !== "*" && !names.has(target)) {
        complaints.push({ path: ["layers", index, "mayImport"], message: `there is no layer "${target}"` });
      }
    }
    for (const inner of [...listOf(layer.ports), ...listOf(layer.adapters)]) {
      if (!listOf(layer.path).some((path) => isWithin(inner, path))) {
        complaints.push({ path: ["layers", index], message: `"${inner}" does not lie in the layer "${layer.name}"` });
      }
    }
  }
  return complaints;
}

function overlaps(entries: ConfigFile): Complaint[] {
  const claimed = entries.layers.flatMap((layer, index) => listOf(layer.path).map((path) => ({ layer, index, path })));
  return claimed.flatMap((one, position) =>
    claimed
      .filter(
        (other, at) => at !== position && isWithin(one.path, other.path) && (one.path !== other.path || at < position),
      )
      .map((other) => ({
        path: ["layers", one.index, "path"],
        message: `"${one.path}" also belongs to the layer "${other.layer.name}" ("${other.path}"); a file has one layer`,
      })),
  );
}

function contradictions(entries: ConfigFile, laws: readonly Law[]): Complaint[] {
  const declared = laws.find((law) => law.kind === "declared");
  if (declared === undefined || entries.unassigned !== "may-not-touch-sealed-targets") return [];
  return [{ path: ["unassigned"], message: `allows files without a layer, and the law ${declared.id} forbids them` }];
}

/** `layers[3].mayImport`, as people write it. */
function shown(path: JsonPath): string {
  return (
    path.reduce<string>((text, key) => {
      if (typeof key === "number") return `${text}[${key}]`;
      return text === "" ? key : `${text}.${key}`;
    }, "") || "the configuration"
  );
}
