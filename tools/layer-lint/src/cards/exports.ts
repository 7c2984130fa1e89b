import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "../project.ts";
import type { Declaration, FileText } from "./declarations.ts";
import { readFileText } from "./declarations.ts";

/** Where something that is exported is declared. */
export interface Origin {
  readonly file: string;
  readonly declaration: Declaration;
}

/** What the files of a project export, and who takes it. */
export interface ProjectExports {
  textOf(file: string): FileText;
  /** The declaration behind a name that `file` exports, through all re-exports; undefined if it lies outside of the project. */
  originOf(file: string, name: string): Origin | undefined;
  /** Files that take the name of the file in which it is declared, by whatever way; sorted. */
  consumersOf(file: string, name: string): readonly string[];
}

/** Looks through the exports of a project; each file is read once. */
export function readExports(project: Project): ProjectExports {
  const texts = new Map<string, FileText>();
  const textOf = (file: string): FileText => {
    const known = texts.get(file) ?? readFileText(file, readFileSync(join(project.root, file), "utf8"));
    texts.set(file, known);
    return known;
  };
  const originOf = (file: string, name: string): Origin | undefined =>
    trace({ file, name }, { project, textOf, seen: new Set() });
  let consumers: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  return {
    textOf,
    originOf,
    consumersOf(file, name) {
      consumers ??= consumersByOrigin(project, originOf);
      const everything = consumers.get(keyOf(file, "*")) ?? [];
      return [...new Set([...(consumers.get(keyOf(file, name)) ?? []), ...everything])].toSorted();
    },
  };
}

interface Search {
  readonly project: Project;
  readonly textOf: (file: string) => FileText;
  /** So that re-exports in a ring end. */
  readonly seen: Set<string>;
}

function trace({ file, name }: { readonly file: string; readonly name: string }, search: Search): Origin | undefined {
  const { project, textOf, seen } = search;
  if (seen.has(keyOf(file, name)) || !project.graph.files.includes(file)) return undefined;
  seen.add(keyOf(file, name));
  const { exports, passedOn } = textOf(file);
  const own = exports.find((each) => each.name === name);
  if (own !== undefined && own.kind !== "re-export") return { file, declaration: own };
  const edges = project.graph.from(file);
  const local = passedOn.find((each) => each.as === name)?.local;
  for (const edge of edges) {
    const wanted = edge.form === "export" ? name : edge.form === "import" ? local : undefined;
    const taken = edge.names.find((each) => each.as === wanted && each.as !== "*");
    if (taken !== undefined) return taken.name === "*" ? undefined : trace({ file: edge.to, name: taken.name }, search);
  }
  const open = edges.filter((edge) => edge.form === "export" && edge.names.some((each) => each.as === "*"));
  return open.map((edge) => trace({ file: edge.to, name }, search)).find((found) => found !== undefined);
}

function consumersByOrigin(
  { graph }: Project,
  originOf: ProjectExports["originOf"],
): ReadonlyMap<string, ReadonlySet<string>> {
  const consumers = new Map<string, Set<string>>();
  for (const edge of graph.edges) {
    // Who passes a name on does not use it.
    if (edge.form === "export") continue;
    for (const { name } of edge.names) {
      const origin = name === "*" ? { file: edge.to, name } : namedOrigin(originOf(edge.to, name));
      if (origin === undefined) continue;
      const key = keyOf(origin.file, origin.name);
      consumers.set(key, (consumers.get(key) ?? new Set()).add(edge.file));
    }
  }
  return consumers;
}

function namedOrigin(origin: Origin | undefined): { readonly file: string; readonly name: string } | undefined {
  return origin && { file: origin.file, name: origin.declaration.name };
}

function keyOf(file: string, name: string): string {
  return JSON.stringify([file, name]);
}
