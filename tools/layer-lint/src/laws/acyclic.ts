import { findCycles } from "../graph/cycles.ts";
import { defineLaw, lawSchema } from "./law.ts";
import { folderOf, NOTHING } from "./planting.ts";

/** No file imports itself, not even by way of others, not even types. */
export const acyclic = defineLaw({
  kind: "acyclic",
  schema: lawSchema("acyclic", {}),
  why: "Files in a ring can only be understood, loaded and changed all at once.",
  help: "Move what both sides need into a file that imports neither.",
  check: (_config, project) =>
    findCycles(project.graph).map(({ first: { file, line, column }, chain, size }) => ({
      file,
      line,
      column,
      chain,
      message:
        size === 1 ? `${file} imports itself` : `${file} imports itself by way of others (${size} files hang together)`,
    })),
  plant(_config, project) {
    const folder = project.layout.layers.map((layer) => folderOf(layer, project)).find((each) => each !== undefined);
    if (folder === undefined) return NOTHING;
    const [a, b] = [`${folder}/layer-lint-canary-ring-a.ts`, `${folder}/layer-lint-canary-ring-b.ts`];
    return {
      files: [
        { path: a, text: importOf("b") },
        { path: b, text: importOf("a") },
      ],
      expect: [a],
    };
  },
});

function importOf(other: string): string {
  return `export type * as planted from "./layer-lint-canary-ring-${other}.ts";\n`;
}
