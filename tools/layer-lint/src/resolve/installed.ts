import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { NapiResolveOptions } from "oxc-resolver";
import { ResolverFactory } from "oxc-resolver";
import type { Packages } from "./package-json.ts";
import { conditionsIn, targetsOf } from "./package-json.ts";
import type { ResolverParts } from "./resolver.ts";

/** Looks for packages as Node, bundlers and TypeScript do. */
export interface Installed {
  /** Absolute paths of all that the specifier can lead to. */
  resolve(importer: string, specifier: string): string[];
  /** Paths that the package's maps name although nothing is there, for files that are only made later. */
  withoutFiles(folder: string, specifier: string): string[];
}

/** Conditions under which a package may answer differently; each is asked once. */
const CONDITION_SETS: readonly (readonly string[])[] = [
  ["import", "node", "module-sync", "default"],
  ["require", "node", "module-sync", "default"],
  ["types", "import", "require", "default"],
  ["browser", "import", "require", "module", "default"],
  ["development", "import", "require", "node", "default"],
  ["production", "import", "require", "node", "default"],
];

/** No path is longer. */
const MAX_LINK_BYTES = 4096;

const EXTENSIONS = [".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".json", ".node"];

const COMMON: NapiResolveOptions = {
  symlinks: true,
  nodePath: false,
  builtinModules: false,
  extensions: EXTENSIONS,
  extensionAlias: {
    ".js": [".js", ".ts", ".tsx", ".d.ts"],
    ".jsx": [".jsx", ".tsx"],
    ".mjs": [".mjs", ".mts", ".d.mts"],
    ".cjs": [".cjs", ".cts", ".d.cts"],
  },
};

/** One resolver for each set of conditions; all of them share what they read of the disk. */
export function openInstalled({ root, tsconfigs }: ResolverParts, packages: Packages): Installed {
  let made: ResolverFactory[] | undefined;
  const resolvers = (): ResolverFactory[] => {
    const own = packages.in(root);
    const named = [
      ...conditionsIn(own?.imports),
      ...conditionsIn(own?.exports),
      ...tsconfigs.flatMap((each) => each.customConditions),
    ];
    const common = new Set(CONDITION_SETS.flat());
    const further = [...new Set(named)]
      .filter((name) => !common.has(name))
      .map((name) => [name, "import", "require", "node", "default"]);
    const first = new ResolverFactory({ ...COMMON, conditionNames: [], mainFields: ["main"] });
    return [...CONDITION_SETS, ...further].map((conditions) =>
      first.cloneWithOptions({ ...COMMON, conditionNames: [...conditions], mainFields: mainFieldsFor(conditions) }),
    );
  };
  return {
    resolve(importer, specifier) {
      made ??= resolvers();
      const folder = dirname(importer);
      const found = made.map((resolver) => resolver.sync(folder, specifier).path).filter((path) => path !== undefined);
      const [first] = made;
      const types =
        found.length > 0 ? [] : [first?.sync(folder, typesOf(specifier)).path].filter((path) => path !== undefined);
      return [...new Set([...found, ...types].map((path) => path.replace(/[?#].*$/, "")))].filter(
        (path) => writtenLink(path) === undefined,
      );
    },
    withoutFiles(folder, specifier) {
      const [name, inside] = split(specifier);
      for (let at = folder; ; at = dirname(at)) {
        const place = join(at, "node_modules", name);
        const linked = writtenLink(place);
        if (linked !== undefined) return [join(linked, inside ?? "")];
        const found = packages.in(place);
        if (found?.exports !== undefined)
          return targetsOf(found.exports, inside === "" ? "." : `./${inside}`).map((each) => join(found.folder, each));
        if (found !== undefined)
          return inside === ""
            ? found.mains.map((main) => join(found.folder, main))
            : [join(found.folder, inside ?? "")];
        if (at === dirname(at)) return [];
      }
    },
  };
}

/** Where symbolic links cannot be made, git writes a link as a file that holds the path. */
function writtenLink(place: string): string | undefined {
  // A module has an extension, and the name of a folder rarely one.
  if (/\.\w+$/.test(place)) return undefined;
  try {
    const status = statSync(place, { throwIfNoEntry: false });
    if (status?.isFile() !== true || status.size > MAX_LINK_BYTES) return undefined;
    const target = resolve(dirname(place), readFileSync(place, "utf8").trim());
    return statSync(target, { throwIfNoEntry: false })?.isDirectory() === true ? target : undefined;
  } catch {
    // What no file can be called, and what is no path, is no link.
    return undefined;
  }
}

function mainFieldsFor(conditions: readonly string[]): string[] {
  if (conditions.includes("types")) return ["types", "typings", "main"];
  return conditions.includes("browser") ? ["browser", "module", "main"] : ["main", "module"];
}

function split(specifier: string): [name: string, inside: string] {
  const parts = specifier.split("/");
  const length = specifier.startsWith("@") ? 2 : 1;
  return [parts.slice(0, length).join("/"), parts.slice(length).join("/")];
}

/** Where the types of a package without types of its own lie. */
function typesOf(specifier: string): string {
  const [name, inside] = split(specifier);
  const mangled = name.startsWith("@") ? name.slice(1).replace("/", "__") : name;
  return inside === "" ? `@types/${mangled}` : `@types/${mangled}/${inside}`;
}
