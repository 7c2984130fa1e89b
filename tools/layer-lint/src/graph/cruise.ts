import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ICruiseResult } from "dependency-cruiser";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";

/** What dependency-cruiser saw. */
export interface Cruised {
  /** For each file that it read: what each specifier leads to, from the project's root. Unresolved ones are left out. */
  readonly resolutions: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/**
 * Cruises `tops` (files and folders) of the project at the absolute path `root`.
 * @throws {Error} if the tsconfig is missing or cannot be read.
 */
export async function cruiseProject(
  root: string,
  { tops, tsconfig }: { readonly tops: readonly string[]; readonly tsconfig: string },
): Promise<Cruised> {
  const path = join(root, tsconfig);
  if (!existsSync(path)) throw new Error(`${tsconfig} is not there`);
  const parsed = extractTSConfig(path);
  const { output } = await cruise(
    [...tops],
    {
      baseDir: root,
      tsConfig: { fileName: path },
      // Without it imports of types are not seen at all.
      tsPreCompilationDeps: true,
      detectImportsInAmbientModules: true,
      doNotFollow: { path: "(^|/)node_modules/" },
      enhancedResolveOptions: {
        exportsFields: ["exports"],
        conditionNames: ["import", "types", "node", "default", "require"],
      },
    },
    undefined,
    { tsConfig: parsed },
  );
  if (typeof output === "string") throw new Error("dependency-cruiser answered with text where a graph was expected");
  return { resolutions: resolutionsOf(output) };
}

function resolutionsOf({ modules }: ICruiseResult): Map<string, Map<string, string>> {
  const read = modules.filter(
    (module) => !module.source.split("/").includes("node_modules") && module.coreModule !== true,
  );
  return new Map(
    read.map((module) => [
      module.source,
      new Map(
        module.dependencies
          .filter((dependency) => !dependency.couldNotResolve && !dependency.coreModule)
          .map((dependency) => [dependency.module, dependency.resolved]),
      ),
    ]),
  );
}
