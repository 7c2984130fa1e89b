import { createRequire } from "node:module";
import type { ts as TypeScript } from "ts-morph";
import type { LiteralImport } from "../source/facts.ts";

/**
 * Asks TypeScript's own resolution, which is loaded only when something is asked: it knows spellings that are too rare to
 * be known elsewhere (`typesVersions`, `moduleSuffixes`, the classic resolution).
 */
export function openTypeScript(tsconfigs: readonly string[]): (importer: string, fact: LiteralImport) => string[] {
  let ask: ((importer: string, fact: LiteralImport) => string[]) | undefined;
  return (importer, fact) => {
    ask ??= load(tsconfigs);
    return ask(importer, fact);
  };
}

function load(tsconfigs: readonly string[]): (importer: string, fact: LiteralImport) => string[] {
  const { ts, getCompilerOptionsFromTsConfig } = createRequire(import.meta.url)("ts-morph") as {
    readonly ts: typeof TypeScript;
    readonly getCompilerOptionsFromTsConfig: (path: string) => { readonly options: TypeScript.CompilerOptions };
  }; // as: the package's own types, which a require does not carry
  const all = tsconfigs.map((path) => getCompilerOptionsFromTsConfig(path).options);
  return (importer, { specifier, form }) => {
    const found = all.map((options) =>
      form === "reference"
        ? ts.resolveTypeReferenceDirective(specifier, importer, options, ts.sys).resolvedTypeReferenceDirective
            ?.resolvedFileName
        : ts.resolveModuleName(specifier, importer, options, ts.sys).resolvedModule?.resolvedFileName,
    );
    return [...new Set(found.filter((path) => path !== undefined).map((path) => ts.sys.realpath?.(path) ?? path))];
  };
}
