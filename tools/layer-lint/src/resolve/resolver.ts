import { realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { ImportForm } from "../source/facts.ts";
import { pathOfUrl } from "../source/evaluate.ts";
import type { Files } from "./candidates.ts";
import { filesAt } from "./candidates.ts";
import { openInstalled } from "./installed.ts";
import type { Installed } from "./installed.ts";
import type { PackageJson, Packages } from "./package-json.ts";
import { openPackages, targetsOf } from "./package-json.ts";
import { bestMatch } from "./patterns.ts";
import type { TsConfig } from "./tsconfig.ts";

/** A package that an import names. */
export interface PackageTarget {
  /** Its own name, whatever it was called by. */
  readonly name: string;
  /** Absolute real path of what was found of it. */
  readonly file: string;
}

/** Everything that a specifier can lead to. */
export interface Resolution {
  /** Absolute real paths of files outside of node_modules. */
  readonly files: readonly string[];
  readonly packages: readonly PackageTarget[];
  /** A built-in module, without `node:`. */
  readonly builtin?: string;
  /** Whether it is found only by disregarding the case of letters, so that it works on some machines and not on others. */
  readonly inOtherCase: boolean;
}

/** Resolves specifiers; remembers nothing from one run to the next. */
export interface Resolver {
  resolve(importer: string, specifier: string, form: ImportForm): Resolution;
}

/** What a resolver works with. */
export interface ResolverParts {
  /** Absolute, of the project. */
  readonly root: string;
  readonly files: Files;
  /** The configured tsconfig first, then those that it refers to. */
  readonly tsconfigs: readonly TsConfig[];
}

/** A specifier as it may be meant: with a query, a fragment, percent signs or backslashes it is also tried without. */
export function spellings(specifier: string): string[] {
  const all = [specifier];
  // Nearly all are plain.
  if (/^#?[\w./@:-]*$/.test(specifier)) return all;
  const add = (text: string): void => {
    if (!all.includes(text)) all.push(text);
  };
  for (const text of all) {
    // A loader's prefix as bundlers know it: `raw-loader!./file`.
    if (text.includes("!")) add(text.slice(text.lastIndexOf("!") + 1));
    const cut = text.slice(1).search(/[?#]/);
    if (cut >= 0) add(text.slice(0, cut + 1));
    if (text.includes("\\")) add(text.replaceAll("\\", "/"));
    if (/%[0-9a-f]{2}/i.test(text)) {
      try {
        add(decodeURIComponent(text));
      } catch {
        // Not meant as an encoded text.
      }
    }
    if (text !== text.trim()) add(text.trim());
  }
  return all;
}

const NOTHING: Resolution = { files: [], packages: [], inOtherCase: false };

/** Makes a resolver that unites what every condition, every tsconfig, and Node itself would answer. */
export function openResolver({ root, files, tsconfigs }: ResolverParts): Resolver {
  return new UnitingResolver({ root, files, tsconfigs }, openPackages());
}

class UnitingResolver implements Resolver {
  readonly #parts: ResolverParts;
  readonly #packages: Packages;
  readonly #installed: Installed;
  /** By folder, then by specifier. */
  readonly #known = new Map<string, Map<string, Resolution>>();

  constructor(parts: ResolverParts, packages: Packages) {
    this.#parts = parts;
    this.#packages = packages;
    this.#installed = openInstalled(parts, packages);
  }

  resolve(importer: string, specifier: string, form: ImportForm): Resolution {
    // Where a path starts from depends on the form; everything else on the folder alone.
    const start = form === "read" || form === "process" || form === "worker" || form === "reference" ? form : "";
    const folder = `${start}${dirname(importer)}`;
    let known = this.#known.get(folder);
    if (known === undefined) {
      known = new Map();
      this.#known.set(folder, known);
    }
    let found = known.get(specifier);
    if (found === undefined) {
      found = this.#resolve(importer, specifier, form);
      known.set(specifier, found);
    }
    return found;
  }

  #resolve(importer: string, specifier: string, form: ImportForm): Resolution {
    for (const text of spellings(specifier)) {
      const found = this.#spelled(importer, text, form);
      if (found.builtin !== undefined || found.files.length + found.packages.length > 0) return found;
    }
    return NOTHING;
  }

  #spelled(importer: string, text: string, form: ImportForm): Resolution {
    if (text.startsWith("file:")) {
      const path = pathOfUrl(text);
      return path === undefined ? NOTHING : form === "read" ? this.#exactly(path) : this.#atPath(path);
    }
    if (form === "read") return this.#read(importer, text);
    if (/^\.{1,2}(?:[/\\]|$)/.test(text)) return this.#relative(importer, text, form);
    if (isAbsolute(text)) return this.#atPath(text);
    if (form === "process" || form === "worker") return this.#atPath(resolve(this.#parts.root, text));
    if (form === "reference") {
      const beside = this.#atPath(join(dirname(importer), text));
      if (beside.files.length > 0) return beside;
    }
    return this.#bare(importer, text);
  }

  /** A file is read by its exact path: from the working directory, which is the root as far as anybody can say, or as seen from the file. */
  #read(importer: string, text: string): Resolution {
    const bases = isAbsolute(text) ? [text] : [resolve(this.#parts.root, text), join(dirname(importer), text)];
    return united(bases.map((path) => this.#exactly(path)));
  }

  #exactly(path: string): Resolution {
    const real = this.#parts.files.real(path);
    const sources = this.#sourcesOf(path).flatMap((each) => this.#filesOrFolder(each));
    // What is read outside of the project is the machine's, and differs from one to the next.
    const inside = real?.startsWith(`${this.#parts.root}${sep}`) === true ? [real] : [];
    return this.#targets([...inside, ...sources]);
  }

  #relative(importer: string, text: string, form: ImportForm): Resolution {
    const path = join(dirname(importer), text);
    // What is read or started is looked for from the working directory, which is the root as far as anybody can say.
    const bases = form === "process" || form === "worker" ? [path, resolve(this.#parts.root, text)] : [path];
    return united([...bases, ...this.#inRootDirs(path)].map((each) => this.#atPath(each)));
  }

  /** The same place in the other folders that the tsconfig lays on top of each other. */
  #inRootDirs(path: string): string[] {
    return this.#parts.tsconfigs.flatMap(({ rootDirs }) => {
      const home = rootDirs.find((dir) => path.startsWith(`${dir}${sep}`));
      return home === undefined
        ? []
        : rootDirs.filter((dir) => dir !== home).map((dir) => join(dir, relative(home, path)));
    });
  }

  #atPath(path: string): Resolution {
    const { files } = this.#parts;
    const found = this.#filesOrFolder(path);
    if (found.length > 0) return this.#targets(found);
    const sources = this.#sourcesOf(path).flatMap((each) => this.#filesOrFolder(each));
    if (sources.length > 0) return this.#targets(sources);
    const others = [
      path,
      ...["/index.ts", ".ts", ".tsx", ".js"].map((end) => path + end),
      path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2"),
    ];
    const otherCase = others.flatMap((each) => files.inOtherCase(each));
    return { files: [...new Set(otherCase)], packages: [], inOtherCase: otherCase.length > 0 };
  }

  #filesOrFolder(path: string): string[] {
    const { files } = this.#parts;
    const found = filesAt(path.replace(/[/\\]$/, ""), files);
    if (found.length > 0 && !/[/\\]$/.test(path)) return found;
    if (!files.isFolder(path)) return found;
    const folder = this.#packages.in(path);
    const mains = (folder?.mains ?? []).flatMap((main) => filesAt(join(path, main), files));
    const exported =
      folder?.exports === undefined
        ? []
        : targetsOf(folder.exports, ".").flatMap((each) => filesAt(join(path, each), files));
    return [...new Set([...mains, ...exported, ...filesAt(join(path, "index"), files)])];
  }

  /** The sources of a file that is made by the compiler. */
  #sourcesOf(path: string): string[] {
    return this.#parts.tsconfigs.flatMap(({ outDirs, rootDir, path: config }) =>
      outDirs
        .filter((dir) => path.startsWith(`${dir}${sep}`))
        .flatMap((dir) => {
          const inside = relative(dir, path).replace(/\.d\.([cm]?)ts$/, ".$1js");
          const homes = rootDir === undefined ? [dirname(config), join(dirname(config), "src")] : [rootDir];
          return homes.map((home) => join(home, inside));
        }),
    );
  }

  /** Files of the project as they are, those of node_modules as packages; compiled files also as their sources. */
  #targets(paths: readonly string[]): Resolution {
    const files = new Set<string>();
    const packages: PackageTarget[] = [];
    for (const path of paths) {
      if (isInstalled(path)) packages.push({ name: this.#nameOf(path), file: path });
      else {
        files.add(path);
        for (const source of this.#sourcesOf(path).flatMap((each) => this.#filesOrFolder(each))) files.add(source);
      }
    }
    return { files: [...files], packages, inOtherCase: false };
  }

  #nameOf(path: string): string {
    const name = this.#packages.around(dirname(path))?.name ?? folderName(path);
    return typesFor(name);
  }

  #bare(importer: string, text: string): Resolution {
    const { tsconfigs } = this.#parts;
    const folder = dirname(importer);
    const builtin = isBuiltin(text) ? text.replace(/^node:/, "") : undefined;
    const mapped = tsconfigs.flatMap(({ paths }) => {
      const match = bestMatch(paths, text);
      const targets = match === undefined ? [] : match.target.map((target) => target.replaceAll("*", match.star));
      // The first that is there wins.
      return targets.map((target) => this.#atPath(target)).find(isSomething) ?? [];
    });
    if (builtin !== undefined) return { ...united(mapped), builtin };
    const based = tsconfigs.flatMap(({ baseUrl }) =>
      baseUrl === undefined ? [] : [this.#atPath(join(baseUrl, text))],
    );
    const own = this.#packages.around(folder);
    const inside = own === undefined ? [] : this.#fromOwnPackage(own, text);
    const installed = this.#installed.resolve(importer, text);
    const linked =
      installed.length === 0 ? this.#installed.withoutFiles(folder, text).map((path) => this.#atPath(path)) : [];
    const target = this.#targets(installed.map((path) => realOf(path)));
    return united([...mapped, ...inside, ...based, target, ...linked]);
  }

  /** `#name`, and the package that names itself. */
  #fromOwnPackage({ folder, name, imports, exports }: PackageJson, text: string): Resolution[] {
    const at = (target: string): Resolution =>
      target.startsWith(".")
        ? this.#atPath(join(folder, target))
        : isBuiltin(target)
          ? { ...NOTHING, builtin: target.replace(/^node:/, "") }
          : this.#bare(join(folder, "package.json"), target);
    if (text.startsWith("#")) return targetsOf(imports, text).map(at);
    if (name === undefined || (text !== name && !text.startsWith(`${name}/`)) || exports === undefined) return [];
    return targetsOf(exports, `.${text.slice(name.length)}`).map(at);
  }
}

function isSomething({ files, packages }: Resolution): boolean {
  return files.length + packages.length > 0;
}

function united(parts: readonly Resolution[]): Resolution {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const builtin = parts.find((part) => part.builtin !== undefined)?.builtin;
  const exact = parts.filter((part) => !part.inOtherCase && isSomething(part));
  const packages = new Map(parts.flatMap((part) => part.packages).map((each) => [each.file, each]));
  return {
    files: [...new Set(parts.flatMap((part) => part.files))],
    packages: [...packages.values()],
    ...(builtin === undefined ? {} : { builtin }),
    inOtherCase: exact.length === 0 && parts.some((part) => part.inOtherCase),
  };
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Whether a package manager put the file there. */
export function isInstalled(path: string): boolean {
  return path.includes("node_modules") && path.split(/[/\\]/).includes("node_modules");
}

function folderName(path: string): string {
  const inside = path.slice(path.lastIndexOf("node_modules") + "node_modules/".length);
  const [scope = inside, name] = inside.split(/[/\\]/);
  return scope.startsWith("@") && name !== undefined ? `${scope}/${name}` : scope;
}

/** `@types/x` is x, and `@types/a__b` is @a/b. */
function typesFor(name: string): string {
  const found = /^@types\/(?:(?<scope>[^_]+)__)?(?<bare>.+)$/.exec(name)?.groups;
  if (found === undefined) return name;
  return found["scope"] === undefined ? (found["bare"] ?? name) : `@${found["scope"]}/${found["bare"]}`;
}
