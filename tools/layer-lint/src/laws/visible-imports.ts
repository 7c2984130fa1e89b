import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { defineLaw, lawSchema } from "./law.ts";
import { NOTHING, one, plantedOutside, together } from "./planting.ts";

/** Everything that is loaded is named by a literal: nothing is imported, made or required where no graph sees it. */
export const visibleImports = defineLaw({
  kind: "visible-imports",
  schema: lawSchema("visible-imports", {}),
  why: "Each law about imports is only as good as the imports that can be seen.",
  help: "Import by a literal; choose between modules with a table of literal imports; get what varies handed in.",
  check: (_config, project) => [...hidden(project), ...loaders(project)],
  plant(_config, project) {
    return together(
      SAMPLES.map((text, index) => {
        const path = plantedOutside([], { project, label: `hidden-${index}` });
        return path === undefined ? NOTHING : one(path, text);
      }),
    );
  },
});

const SAMPLES = [
  'export const planted = await import("./" + "planted.ts");\n',
  "export const planted = (name: string): unknown => require(name);\n",
  'import { createRequire } from "node:module";\nexport const planted = createRequire(import.meta.url);\n',
  'export const planted: unknown = eval("1");\n',
  'export const planted = new Function("return 1");\n',
];

function hidden(project: Project): Breach[] {
  return project.graph.files.flatMap((file) =>
    project.sources.get(file).hidden.map(({ what, line, column }) => ({
      file,
      line,
      column,
      message: `Here is ${what}: what it brings, no check sees`,
    })),
  );
}

function loaders({ graph }: Project): Breach[] {
  return graph.externals
    .filter(
      ({ external, typeOnly }) =>
        external.kind === "builtin" && (external.name === "module" || external.name === "vm") && !typeOnly,
    )
    .map(({ file, line, column, external }) => ({
      file,
      line,
      column,
      message: `node:${external.name} makes code and loaders that no check sees`,
    }));
}
