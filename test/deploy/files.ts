import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

const DEPLOY = join(import.meta.dirname, "../../deploy");

/** The text of a file below `deploy/`. */
export function deployed(path: string): string {
  return readFileSync(join(DEPLOY, path), "utf8");
}

/** The names of the files in a folder below `deploy/`. */
export function filesOf(folder: string): readonly string[] {
  return readdirSync(join(DEPLOY, folder)).toSorted();
}

/** Something of YAML, as the tests look into it. */
export type Node = Readonly<Record<string, unknown>>;

/** The documents of a YAML file, anchors and merges resolved. @throws {Error} for what is no YAML. */
export function documentsOf(path: string): readonly Node[] {
  return parseAllDocuments(deployed(path), { merge: true }).map((document) => {
    if ("errors" in document && document.errors.length > 0) throw new Error(`${path}: ${document.errors.join("; ")}`);
    return document.toJS() as Node; // every document in deploy/ is a mapping
  });
}

/** A configuration as its file has it. */
export function configurationOf(name: string): Node {
  return parse(deployed(`configuration/${name}.yaml`)) as Node; // a mapping
}

/** What stands at a path of keys and places; undefined where there is nothing. */
export function at(node: unknown, ...path: readonly (string | number)[]): unknown {
  let found = node;
  for (const key of path) found = typeof found === "object" && found !== null ? (found as Node)[key] : undefined; // a list has its places as keys
  return found;
}

/** A list, or nothing. */
export function listAt(node: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(node, ...path);
  return Array.isArray(found) ? found : [];
}
