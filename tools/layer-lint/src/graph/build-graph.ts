import { isAbsolute, join, relative, sep } from "node:path";
import { compare } from "../report/finding.ts";
import type { Resolution, Resolver } from "../resolve/resolver.ts";
import { isInstalled } from "../resolve/resolver.ts";
import { pathOfUrl } from "../source/evaluate.ts";
import type { LiteralImport } from "../source/facts.ts";
import type { Sources } from "../source/sources.ts";
import type { Surroundings } from "../source/terms.ts";
import { isModule } from "../tree/list-files.ts";
import { ambientEdges, ambientModules } from "./ambient.ts";
import type { NamedThing } from "./link-uses.ts";
import { exportedTerms, linkUses } from "./link-uses.ts";
import type { Edge, ExternalImport, ImportFact, ModuleGraph, Unfollowed } from "./module-graph.ts";
import { makeGraph } from "./module-graph.ts";
import { reachOfPackages } from "./packages.ts";

/** A file with fewer lines with code may be the same as another by chance. */
const MIN_LINES_OF_COPY = 3;

/** What a graph is made of. */
export interface GraphParts {
  /** Absolute, of the project. */
  readonly root: string;
  readonly sources: Sources;
  readonly resolver: Resolver;
  /** The checked files. */
  readonly modules: readonly string[];
  /** The package whose `jsx-runtime` every file with JSX loads, if the tsconfig says so. */
  readonly jsxImportSource?: string;
  /** Whether the packages that the file imports are searched for ways back into the project. */
  followsPackages(file: string): boolean;
  /** What TypeScript itself would answer, for what nothing else finds. */
  readonly lastResort: (importer: string, fact: LiteralImport) => readonly string[];
}

/**
 * Makes the graph: what the files name by literals, then what they name by expressions, until no new file comes in.
 * What checked files import is read too, wherever it lies.
 */
export function buildGraph(parts: GraphParts): ModuleGraph {
  return new GraphBuilder(parts).build();
}

class GraphBuilder {
  readonly #parts: GraphParts;
  readonly #files: Set<string>;
  readonly #edges: Edge[] = [];
  readonly #externals: ExternalImport[] = [];
  #unresolved: ImportFact[] = [];
  readonly #unfollowed: Unfollowed[] = [];
  readonly #surroundings = new Map<string, Surroundings>();

  constructor(parts: GraphParts) {
    this.#parts = parts;
    this.#files = new Set(parts.modules);
  }

  build(): ModuleGraph {
    const { sources } = this.#parts;
    let linked: { readonly followed: ReadonlySet<string> } = { followed: new Set() };
    let count = -1;
    const seen = new Set<string>();
    const read = new Set<string>();
    while (count !== this.#files.size) {
      // A Set may grow while it is walked: what is imported is read too.
      for (const file of this.#files) {
        if (read.has(file)) continue;
        read.add(file);
        for (const fact of this.#literals(file)) this.#place(file, fact);
      }
      count = this.#files.size;
      const uses = linkUses({
        files: [...this.#files],
        facts: (file) => sources.get(file),
        surroundings: (file) => this.#surroundingsOf(file),
        targets: (file, specifier) => this.#targets(file, specifier),
      });
      for (const thing of uses.named) {
        const key = `${thing.file} ${thing.line} ${thing.column} ${thing.use.form} ${thing.specifier}`;
        if (!seen.has(key)) this.#placeNamed(thing);
        seen.add(key);
      }
      linked = uses;
    }
    this.#declaredModules();
    this.#copies();
    this.#waysBack();
    this.#edges.push(...ambientEdges([...this.#files], sources));
    for (const file of this.#files) {
      for (const hidden of sources.get(file).hidden) {
        if (hidden.use === undefined || !linked.followed.has(`${file} ${hidden.use}`))
          this.#unfollowed.push({ ...hidden, file });
      }
    }
    const externals = this.#externals.sort(byPlace);
    const files = [...this.#files].sort(compare);
    return makeGraph({
      files,
      edges: unique(this.#edges.sort(byPlace)),
      externals,
      unresolved: this.#unresolved.sort(byPlace),
      unfollowed: this.#unfollowed.sort(byPlace),
      packagesReachedFrom: (file) =>
        reachOfPackages(
          externals.filter((each) => each.file === file),
          this.#parts,
        ).packages,
    });
  }

  #literals(file: string): readonly LiteralImport[] {
    const facts = this.#parts.sources.get(file);
    const { jsxImportSource } = this.#parts;
    if (facts.jsx === undefined || jsxImportSource === undefined || facts.imports.some((each) => each.form === "jsx"))
      return facts.imports;
    const jsx = {
      ...facts.jsx,
      form: "jsx",
      specifier: `${jsxImportSource}/jsx-runtime`,
      typeOnly: false,
      inlineType: false,
      names: [],
    } as const;
    return [jsx, ...facts.imports];
  }

  #place(file: string, fact: LiteralImport): void {
    const { root, resolver, lastResort } = this.#parts;
    if (fact.specifier.startsWith("data:")) return;
    const whole = { ...fact, file };
    const importer = join(root, file);
    const resolution = resolver.resolve(importer, fact.specifier, fact.form);
    if (this.#placeTargets(whole, resolution)) {
      if (resolution.inOtherCase) this.#unresolved.push(whole);
      return;
    }
    const files = lastResort(importer, fact);
    if (!this.#placeTargets(whole, resolutionOf(files))) this.#unresolved.push(whole);
  }

  /** Whether there was anything to place. */
  #placeTargets(fact: ImportFact, { files, packages, builtin }: Resolution): boolean {
    if (builtin !== undefined) this.#externals.push({ ...fact, external: { kind: "builtin", name: builtin } });
    const names = new Map(packages.map((each) => [each.name, each]));
    for (const { name, file } of names.values())
      this.#externals.push({ ...fact, external: { kind: "package", name, path: file } });
    for (const path of files) {
      const to = this.#inside(path);
      this.#edges.push({ ...fact, to });
      if (isModule(to)) this.#files.add(to);
    }
    return builtin !== undefined || packages.length + files.length > 0;
  }

  #placeNamed({ file, from, specifier, use, line, column }: NamedThing): void {
    const { root, resolver } = this.#parts;
    const fact: ImportFact = {
      file,
      line,
      column,
      specifier: this.#shown(specifier),
      form: use.form,
      typeOnly: false,
      inlineType: false,
      names: [{ name: "*", as: "*" }],
    };
    const candidates = use.form === "process" ? [specifier, ...specifier.split(/[\s"'=]+/)] : [specifier];
    const found = candidates
      .filter((each) => each !== "")
      .map((each) => this.#placeTargets(fact, resolver.resolve(join(root, from), each, use.form)));
    const isLoaded = use.form === "dynamic" || use.form === "require" || use.form === "loader";
    if (isLoaded && !found.includes(true) && !specifier.startsWith("data:")) this.#unresolved.push(fact);
  }

  /** A computed path as it is called from the root, so that a report says the same wherever the project lies. */
  #shown(specifier: string): string {
    const path = specifier.startsWith("file:") ? (pathOfUrl(specifier) ?? specifier) : specifier;
    return isAbsolute(path) ? this.#inside(path) : path;
  }

  #surroundingsOf(file: string): Surroundings {
    const known = this.#surroundings.get(file);
    if (known !== undefined) return known;
    const { root, sources } = this.#parts;
    const made: Surroundings = {
      path: join(root, file),
      cwd: root,
      imported: (specifier, name) =>
        exportedTerms(
          { file, specifier, name },
          { facts: (each) => sources.get(each), targets: (each, text) => this.#targets(each, text) },
        ).map((found) => ({ term: found.term, at: this.#surroundingsOf(found.file) })),
      elsewhere: (path) => this.#surroundingsOf(this.#inside(path)),
    };
    this.#surroundings.set(file, made);
    return made;
  }

  #targets(file: string, specifier: string): string[] {
    const { root, resolver } = this.#parts;
    return resolver
      .resolve(join(root, file), specifier, "import")
      .files.map((path) => this.#inside(path))
      .filter(isModule);
  }

  #inside(path: string): string {
    const { root } = this.#parts;
    // Nearly all files lie in the root, and the general way takes ten times as long.
    if (sep === "/" && path.startsWith(root) && path.charAt(root.length) === "/") return path.slice(root.length + 1);
    return relative(root, path).split(sep).join("/");
  }

  /** Whoever imports a copy of a checked file from outside of the checked folders imports the file. */
  #copies(): void {
    const { modules, sources } = this.#parts;
    const checked = new Set(modules);
    const strangers = this.#edges.filter(({ to }) => !checked.has(to) && isModule(to));
    if (strangers.length === 0) return;
    const originals = Map.groupBy(modules, (file) => sources.hashOf(file));
    for (const edge of strangers) {
      if (sources.get(edge.to).codeLines < MIN_LINES_OF_COPY) continue;
      for (const to of originals.get(sources.hashOf(edge.to)) ?? []) this.#edges.push({ ...edge, to });
    }
  }

  /** Packages that lead back into the project. */
  #waysBack(): void {
    for (const external of this.#externals) {
      if (!this.#parts.followsPackages(external.file)) continue;
      for (const { to, chain } of reachOfPackages([external], this.#parts).back) {
        const { external: _, ...fact } = external;
        this.#edges.push({ ...fact, to, specifier: [fact.specifier, ...chain.slice(1)].join(" > ") });
      }
    }
  }

  /** What leads nowhere may be declared by a file of the project. */
  #declaredModules(): void {
    const declaredBy = ambientModules([...this.#files], this.#parts.sources);
    this.#unresolved = this.#unresolved.filter((fact) => {
      const homes = declaredBy(fact.specifier);
      for (const to of homes) this.#edges.push({ ...fact, to });
      return homes.length === 0;
    });
  }
}

function resolutionOf(paths: readonly string[]): Resolution {
  const files = paths.filter((path) => !isInstalled(path));
  const packages = paths.filter(isInstalled).map((file) => ({
    name: /node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)(?!.*node_modules)/.exec(file)?.[1] ?? file,
    file,
  }));
  return { files, packages, inOtherCase: false };
}

function byPlace(a: ImportFact | Unfollowed, b: ImportFact | Unfollowed): number {
  return compare(a.file, b.file) || a.line - b.line || a.column - b.column;
}

/** Each edge once; the edges are sorted by place, so that only those of one place have to be compared. */
function unique(edges: readonly Edge[]): Edge[] {
  const ofPlace: Edge[] = [];
  return edges.filter((edge) => {
    if (ofPlace[0] !== undefined && byPlace(ofPlace[0], edge) !== 0) ofPlace.length = 0;
    const isKnown = ofPlace.some(
      ({ form, specifier, to }) => form === edge.form && specifier === edge.specifier && to === edge.to,
    );
    ofPlace.push(edge);
    return !isKnown;
  });
}
