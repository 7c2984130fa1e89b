import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { isWithin } from "../config/layout.ts";
import type { Edge } from "../graph/module-graph.ts";
import { defineLaw, lawSchema } from "./law.ts";

/** Everything under the root belongs to a layer. A folder or file that does not leaves the check unproven. */
export const declared = defineLaw({
  kind: "declared",
  schema: lawSchema("declared", {}),
  why: "A file that belongs to no layer is bound by no law.",
  help: "Give the folder a layer in the configuration, move the file into one, or list it under ignore.",
  check: (_config, project) => undeclared(project),
  plant: (_config, { layout }) => {
    const paths = layout.roots.map((root) => `${root}/layer-lint-canary-undeclared/planted.ts`);
    return { files: paths.map((path) => ({ path, text: "export const planted = 1;\n" })), expect: paths };
  },
});

/** Checked and imported files without a layer, and top-level folders of the root in which no layer lies. */
export function undeclared({ tree, layout, graph }: Project): Breach[] {
  const severity = "unproven";
  const files = [...tree.modules, ...graph.files, ...graph.edges.filter(isLoaded).map((edge) => edge.to)];
  const ignored = new Set(tree.ignored);
  const strangers = [...new Set(files)].filter((file) => layout.layerOf(file) === undefined || ignored.has(file));
  const importerOf = (file: string) =>
    graph.edges.find((edge) => edge.to === file && isLoaded(edge) && layout.layerOf(edge.file) !== undefined);
  return [
    ...strangers.map((file): Breach => {
      const importer = importerOf(file);
      const chain =
        importer === undefined
          ? []
          : [
              { file: importer.file, line: importer.line, specifier: importer.specifier },
              { file, line: 1 },
            ];
      const what = ignored.has(file)
        ? "is ignored by the configuration and imported all the same"
        : "belongs to no layer";
      return { file, line: 1, column: 1, severity, chain, message: `${file} ${what}` };
    }),
    ...undeclaredFolders(tree.others, layout).map(
      (folder) =>
        ({
          file: folder,
          line: 1,
          column: 1,
          severity,
          message: `The folder ${folder} belongs to no layer`,
        }) as const,
    ),
  ];
}

/** Whether the edge brings code or types; a file that is only read need not belong to a layer. */
function isLoaded({ form }: Edge): boolean {
  return form !== "read";
}

function undeclaredFolders(others: readonly string[], layout: Project["layout"]): string[] {
  const folders = layout.roots.flatMap((root) =>
    others
      .filter((file) => isWithin(file, root) && layout.layerOf(file) === undefined)
      .map((file) => file.slice(root.length + 1).split("/"))
      .filter((parts) => parts.length > 1)
      .map(([first]) => `${root}/${first}`),
  );
  const names = new Set(folders);
  return [...names].filter(
    (folder) => !layout.layers.some((layer) => layer.paths.some((path) => isWithin(path, folder))),
  );
}
