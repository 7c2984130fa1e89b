import { hash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { reachableFrom } from "../graph/reach.ts";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { compare } from "../report/finding.ts";
import type { MachineLaw } from "./fault.ts";

/** What a machine layer breaks, by kind of law. */
export type Proof = ReadonlyMap<MachineLaw, readonly Breach[]>;

/** A proof with the files outside of the project that its types came from. */
export interface Proven {
  readonly proof: Proof;
  /** Absolute paths. */
  readonly readOutside: readonly string[];
}

interface Entry {
  readonly key: string;
  readonly outside: readonly (readonly [path: string, hash: string])[];
  readonly laws: readonly (readonly [MachineLaw, readonly Breach[]])[];
}

/**
 * A proof that was made of the very same bytes, or a new one. What imports lead to is never taken from before: where they
 * lead now is a part of what has to be the same.
 */
export async function keptProof(
  project: Project,
  request: { readonly layer: string },
  prove: () => Promise<Proven>,
): Promise<Proof> {
  const { cacheFolder } = project;
  if (cacheFolder === undefined) return (await prove()).proof;
  const path = join(cacheFolder, `proof-${hash("sha256", request.layer, "hex").slice(0, 16)}.json`);
  const key = keyOf(project, request);
  const kept = readEntry(path, key);
  if (kept !== undefined) return new Map(kept.laws);
  const { proof, readOutside } = await prove();
  const outside = readOutside.map((file) => [file, hashOfFile(file)] as const);
  write(cacheFolder, path, { key, outside, laws: [...proof] });
  return proof;
}

/** Everything inside of the project that a proof depends on. */
function keyOf(
  { root, layout, graph, sources, tree, sealed, machine, tsconfigFiles }: Project,
  request: { readonly layer: string },
): string {
  const area = layout.area(request.layer);
  const starts = tree.modules.filter((file) => area.contains(file));
  const closure = [...reachableFrom(graph, { starts, follow: () => true }).keys()].toSorted(compare);
  const files = [...new Set([...closure, ...sealed])];
  const outside = graph.externals.map(({ file, line, specifier, external }) => [file, line, specifier, external]);
  return hash(
    "sha256",
    JSON.stringify({
      checker: checkerHash(),
      request,
      machine,
      layers: layout.layers,
      sources: files.map((file) => [file, graph.has(file) ? sources.hashOf(file) : hashOfFile(join(root, file))]),
      edges: closure.map((file) => graph.from(file).map(({ line, specifier, to }) => [line, specifier, to])),
      outside,
      tsconfigs: tsconfigFiles.map((file) => [file, hashOfFile(file)]),
      ambient: namesIn(join(root, "node_modules/@types")),
    }),
    "base64url",
  );
}

/** The proofs themselves, and the version of what knows the types. */
function checkerHash(): string {
  const { dirname: here } = import.meta;
  const names = readdirSync(here).toSorted(compare);
  const texts = names.map((name) => readFileSync(join(here, name), "utf8"));
  const engine = createRequire(import.meta.url).resolve("ts-morph/package.json");
  return hash("sha256", [readFileSync(engine, "utf8"), ...names, ...texts].join("\0"), "base64url");
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted(compare);
  } catch {
    return [];
  }
}

function hashOfFile(path: string): string {
  try {
    return hash("sha256", readFileSync(path), "base64url");
  } catch {
    return "unreadable";
  }
}

/** The entry, if it is of this key, nobody changed it, and the files outside are what they were. */
function readEntry(path: string, key: string): Entry | undefined {
  try {
    const [seal = "", text = ""] = readFileSync(path, "utf8").split("\n");
    if (seal !== sealOf(text)) return undefined;
    const entry = JSON.parse(text) as Entry; // as: the seal says that this version wrote it
    const isSame = entry.key === key && entry.outside.every(([file, before]) => hashOfFile(file) === before);
    return isSame ? entry : undefined;
  } catch {
    return undefined; // absent, cut or changed: it is proven again
  }
}

function sealOf(text: string): string {
  return hash("sha256", `proof ${checkerHash()} ${text}`, "base64url");
}

function write(folder: string, path: string, entry: Entry): void {
  const text = JSON.stringify(entry);
  try {
    mkdirSync(folder, { recursive: true });
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, `${sealOf(text)}\n${text}\n`);
    renameSync(fresh, path);
  } catch {
    // A folder that cannot be written only costs the time to prove it again.
  }
}
