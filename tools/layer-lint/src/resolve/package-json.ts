import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { bestMatch } from "./patterns.ts";

/** A package.json, as far as it decides where imports lead. */
export interface PackageJson {
  /** Absolute, of its folder. */
  readonly folder: string;
  readonly name?: string;
  readonly imports: Readonly<Record<string, unknown>>;
  /** With `.` for the package itself, if it has exports. */
  readonly exports?: Readonly<Record<string, unknown>>;
  /** What `main`, `module`, `types` and the like name. */
  readonly mains: readonly string[];
}

/** Reads package.json files, each once. */
export interface Packages {
  /** The package.json that the folder belongs to. */
  around(folder: string): PackageJson | undefined;
  in(folder: string): PackageJson | undefined;
}

const MAINS = ["main", "module", "types", "typings", "browser", "source", "react-native"];

/** A reader without memory of earlier runs. */
export function openPackages(): Packages {
  const known = new Map<string, PackageJson | undefined>();
  const around = new Map<string, PackageJson | undefined>();
  const packages: Packages = {
    in(folder) {
      if (!known.has(folder)) known.set(folder, read(folder));
      return known.get(folder);
    },
    around(folder) {
      if (around.has(folder)) return around.get(folder);
      const own = packages.in(folder);
      const parent = dirname(folder);
      const found = own ?? (parent === folder ? undefined : packages.around(parent));
      around.set(folder, found);
      return found;
    },
  };
  return packages;
}

function read(folder: string): PackageJson | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(folder, "package.json"), "utf8").replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
  const object = objectOf(json);
  const exported = object["exports"];
  return {
    folder: realpathSync(folder),
    ...(typeof object["name"] === "string" ? { name: object["name"] } : {}),
    imports: objectOf(object["imports"]),
    ...(exported === undefined ? {} : { exports: exportsOf(exported) }),
    mains: MAINS.map((key) => object[key]).filter((each) => typeof each === "string"),
  };
}

function exportsOf(value: unknown): Readonly<Record<string, unknown>> {
  const object = objectOf(value);
  const isMap =
    typeof value === "object" && !Array.isArray(value) && Object.keys(object).some((key) => key.startsWith("."));
  return isMap ? object : { ".": value };
}

/** Everything that a key of `imports` or `exports` can lead to, whatever conditions are set. */
export function targetsOf(map: Readonly<Record<string, unknown>>, key: string): string[] {
  const found = bestMatch(map, key);
  if (found === undefined) return [];
  return [...new Set(textsIn(found.target))].map((text) => text.replaceAll("*", found.star));
}

function textsIn(target: unknown): string[] {
  if (typeof target === "string") return [target];
  if (typeof target !== "object" || target === null) return [];
  return Object.values(target).flatMap(textsIn);
}

/** All conditions that a map of imports or exports names. */
export function conditionsIn(target: unknown): string[] {
  if (typeof target !== "object" || target === null) return [];
  if (Array.isArray(target)) return target.flatMap(conditionsIn);
  return Object.entries(target).flatMap(([key, value]) => [
    ...(/^[.#]/.test(key) ? [] : [key]),
    ...conditionsIn(value),
  ]);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  // as: it is an object, and its members are checked where they are used
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
