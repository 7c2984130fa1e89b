import { reachableFrom } from "../graph/reach.ts";
import type { Project } from "../project.ts";
import { areaNames, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, one, plantedOutside } from "./planting.ts";

/** Every file is an entry or is imported, directly or by way of others, from one: two dead files that import each other are dead. */
export const noOrphans = defineLaw({
  kind: "no-orphans",
  schema: lawSchema("no-orphans", {
    entries: areaNames.describe("Where programs, tests and other packages come in; a path may hold globs."),
  }),
  why: "Code that nobody loads is read, changed and kept right for nothing.",
  help: "Remove the file, import it, or name it as an entry if something outside of the project loads it.",
  areas: ({ entries }) => entries.map((text) => ({ key: "entries", text })),
  check({ entries }, project) {
    const reached = reachableFrom(project.graph, { starts: startsOf(entries, project), follow: () => true });
    return project.tree.modules
      .filter((file) => !reached.has(file))
      .map((file) => ({ file, line: 1, column: 1, message: messageFor(file, project) }));
  },
  plant({ entries }, project) {
    const areas = entries.map((text) => project.layout.area(text));
    const path = plantedOutside(areas, { project, label: "orphan" });
    return path === undefined ? NOTHING : one(path, "export const planted = 1;\n");
  },
});

function startsOf(entries: readonly string[], { layout, graph }: Project): string[] {
  const areas = entries.map((text) => layout.area(text));
  return graph.files.filter((file) => areas.some((area) => area.contains(file)));
}

function messageFor(file: string, { graph }: Project): string {
  const importer = graph.edges.find((edge) => edge.to === file && edge.file !== file);
  if (importer === undefined) return `Nobody imports ${file}, and it is no entry`;
  return `Only what no entry loads imports ${file}, for example ${importer.file}:${importer.line}`;
}
