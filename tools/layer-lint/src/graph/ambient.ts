import { PURE_GLOBALS } from "../source/free-names.ts";
import type { Sources } from "../source/sources.ts";
import { matchPattern } from "../resolve/patterns.ts";
import type { Edge } from "./module-graph.ts";

/** Names that files declare for all others tie whoever uses them to whoever declares them, without any import. */
export function ambientEdges(files: readonly string[], sources: Sources): Edge[] {
  const homes = new Map<string, string[]>();
  for (const file of files) {
    for (const name of sources.get(file).ambient.globals) {
      if (!PURE_GLOBALS.has(name)) homes.set(name, [...(homes.get(name) ?? []), file]);
    }
  }
  if (homes.size === 0) return [];
  return files.flatMap((file) => {
    const seen = new Set<string>();
    return sources.get(file).globals.flatMap(({ name, asType, line, column }): Edge[] => {
      if (seen.has(name)) return [];
      seen.add(name);
      const others = (homes.get(name) ?? []).filter((home) => home !== file);
      return others.map((to) => ({
        file,
        line,
        column,
        to,
        specifier: name,
        form: "ambient",
        typeOnly: asType === true,
        inlineType: false,
        names: [{ name, as: name }],
      }));
    });
  });
}

/** Finds the files that declare a module out of nothing. */
export function ambientModules(files: readonly string[], sources: Sources): (specifier: string) => string[] {
  const homes = files.flatMap((file) => sources.get(file).ambient.modules.map((pattern) => ({ pattern, file })));
  return (specifier) => [
    ...new Set(homes.filter(({ pattern }) => matchPattern(pattern, specifier) !== undefined).map(({ file }) => file)),
  ];
}
