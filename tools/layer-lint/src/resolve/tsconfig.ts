import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { ParseError } from "jsonc-parser";
import { parse, printParseErrorCode } from "jsonc-parser";

/** What of a tsconfig decides where imports lead; all paths are absolute. */
export interface TsConfig {
  readonly path: string;
  readonly baseUrl?: string;
  readonly paths: Readonly<Record<string, readonly string[]>>;
  readonly rootDirs: readonly string[];
  readonly rootDir?: string;
  /** Folders into which the files of `rootDir` are compiled. */
  readonly outDirs: readonly string[];
  readonly jsx?: string;
  readonly jsxImportSource?: string;
  readonly types: readonly string[];
  readonly moduleSuffixes: boolean;
  readonly classic: boolean;
  readonly customConditions: readonly string[];
  readonly references: readonly string[];
  /** Names of the files that it extends, itself first. */
  readonly files: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a tsconfig with everything that it extends.
 * @throws {Error} if it is not there or cannot be read.
 */
export function readTsConfig(path: string): TsConfig {
  const layers = withExtended(path, []);
  const find = (key: string): { readonly value: unknown; readonly home: string } | undefined => {
    for (const { json, file } of layers) {
      const options = objectOf(json["compilerOptions"]);
      if (options[key] !== undefined) return { value: options[key], home: dirname(file) };
    }
    return undefined;
  };
  const pathOf = (key: string): string | undefined => {
    const found = find(key);
    return typeof found?.value === "string"
      ? resolve(found.home, found.value.replace("${configDir}", dirname(path)))
      : undefined;
  };
  const textOf = (key: string): string | undefined => {
    const value = find(key)?.value;
    return typeof value === "string" ? value : undefined;
  };
  const baseUrl = pathOf("baseUrl");
  const rootDir = pathOf("rootDir");
  const [jsx, jsxImportSource] = [textOf("jsx"), textOf("jsxImportSource")];
  const paths = find("paths");
  return {
    path,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    paths: pathsOf(objectOf(paths?.value), { base: baseUrl ?? paths?.home ?? dirname(path), configDir: dirname(path) }),
    rootDirs: textsOf(find("rootDirs")?.value).map((text) => resolve(find("rootDirs")?.home ?? "", text)),
    ...(rootDir === undefined ? {} : { rootDir }),
    outDirs: [pathOf("outDir"), pathOf("declarationDir")].filter((each) => each !== undefined),
    ...(jsx === undefined ? {} : { jsx }),
    ...(jsxImportSource === undefined ? {} : { jsxImportSource }),
    types: textsOf(find("types")?.value),
    moduleSuffixes: find("moduleSuffixes") !== undefined,
    classic: /^classic$/i.test(textOf("moduleResolution") ?? ""),
    customConditions: textsOf(find("customConditions")?.value),
    references: listOf(layers[0]?.json["references"])
      .map((each) => objectOf(each)["path"])
      .filter((each) => typeof each === "string")
      .map((each) => configAt(resolve(dirname(path), each))),
    files: layers.map(({ file }) => file),
  };
}

/**
 * Several tsconfigs together with all that they refer to, each once, in this order.
 * @throws {Error} if one is not there or cannot be read.
 */
export function readTsConfigs(paths: readonly string[]): TsConfig[] {
  const configs = new Map<string, TsConfig>();
  const open = [...paths];
  for (const each of open) {
    if (configs.has(each)) continue;
    const config = readTsConfig(each);
    configs.set(each, config);
    open.push(...config.references);
  }
  return [...configs.values()];
}

interface Layer {
  readonly file: string;
  readonly json: Json;
}

function withExtended(file: string, above: readonly string[]): Layer[] {
  if (above.includes(file)) throw new Error(`${file} extends itself`);
  const json = readJson(file);
  const bases = [json["extends"]].flat().filter((each) => typeof each === "string");
  // The last of several wins over those before it, and the file itself over all.
  const inherited = bases.toReversed().flatMap((base) => withExtended(extendedPath(base, file), [...above, file]));
  return [{ file, json }, ...inherited];
}

function extendedPath(base: string, file: string): string {
  if (/^\.{0,2}[/\\]|^\.{1,2}$/.test(base)) {
    const path = resolve(dirname(file), base);
    return isFile(path) || path.endsWith(".json") ? path : `${path}.json`;
  }
  const from = createRequire(file);
  for (const name of [base, `${base}.json`, `${base}/tsconfig.json`]) {
    try {
      return from.resolve(name);
    } catch {
      // The next spelling.
    }
  }
  throw new Error(`${file} extends "${base}", which is not there`);
}

function readJson(file: string): Json {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(`${file} is not there`);
  }
  const errors: ParseError[] = [];
  const json: unknown = parse(text.replace(/^\uFEFF/, ""), errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) throw new Error(`${file} cannot be read as JSON: ${printParseErrorCode(first.error)}`);
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error(`${file} holds no JSON object`);
  return json as Json; // as: it is an object, and its members are checked where they are used
}

function configAt(path: string): string {
  return isFile(path) ? path : join(path, "tsconfig.json");
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function pathsOf(
  value: Json,
  { base, configDir }: { readonly base: string; readonly configDir: string },
): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(value).map(([pattern, targets]) => [
      pattern,
      textsOf(targets).map((target) => resolve(base, target.replace("${configDir}", configDir))),
    ]),
  );
}

function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {}; // as: its members are checked where they are used
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter((each) => typeof each === "string");
}
