import { statSync } from "node:fs";
import { join } from "node:path";
import type { Complaint } from "./complaints.ts";
import { expandGlob, isGlob } from "./globs.ts";
import type { JsonPath } from "./json-places.ts";
import { listOf } from "./layout.ts";
import type { ConfigFile } from "./schema.ts";

/** Replaces the globs of roots and layers by what they match. What is not there is complained about: globs that match nothing, the tsconfig. */
export function expandPaths(
  entries: ConfigFile,
  { root, complaints }: { readonly root: string; readonly complaints: Complaint[] },
): ConfigFile {
  const expand = (paths: string | readonly string[], at: JsonPath): string[] =>
    listOf(paths).flatMap((path) => {
      if (!isGlob(path)) return [path];
      const found = expandGlob(root, path);
      if (found.length === 0) complaints.push({ path: at, message: `"${path}" matches nothing` });
      return found;
    });
  if (statSync(join(root, entries.tsconfig), { throwIfNoEntry: false })?.isFile() !== true) {
    complaints.push({ path: ["tsconfig"], message: `${entries.tsconfig} is not there, or is no file` });
  }
  return {
    ...entries,
    root: expand(entries.root, ["root"]),
    layers: entries.layers.map((layer, index) => {
      const { path, ports, adapters } = layer;
      const isMissing = (layer.optional ?? false) && listOf(path).every(isGlob);
      return {
        ...layer,
        path: isMissing
          ? listOf(path).flatMap((each) => expandGlob(root, each))
          : expand(path, ["layers", index, "path"]),
        ...(ports === undefined ? {} : { ports: expand(ports, ["layers", index, "ports"]) }),
        ...(adapters === undefined ? {} : { adapters: expand(adapters, ["layers", index, "adapters"]) }),
      };
    }),
  };
}
