import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { defineLaw, lawSchema } from "./law.ts";

/** The files that layers list as `ports` hold types and nothing that runs. */
export const portOnlyTypes = defineLaw({
  kind: "port-only-types",
  schema: lawSchema("port-only-types", {}),
  why: "A port says what is promised; code in it would be an implementation that everybody has to share.",
  help: "Move the code into an adapter or into another file of the layer; leave types and their comments.",
  idle: (_config, { layout, tree }) => [
    ...(layout.layers.some((layer) => layer.ports.length > 0) ? [] : ["no layer has ports"]),
    ...layout.layers
      .flatMap((layer) => layer.ports)
      .filter((port) => !tree.modules.includes(port))
      .map((port) => `the port "${port}" is not there`),
  ],
  check: (_config, project) =>
    project.layout.layers.flatMap((layer) => layer.ports.flatMap((port) => running(port, project))),
  plant(_config, { layout }) {
    const ports = layout.layers.flatMap((layer) => layer.ports);
    return { files: ports.map((path) => ({ path, text: "\nexport const planted = 1;\n" })), expect: ports };
  },
});

function running(port: string, { sources, tree }: Project): Breach[] {
  if (!tree.modules.includes(port)) return [];
  return sources
    .get(port)
    .statements.filter(({ typesOnly }) => !typesOnly)
    .map(({ line, column }) => ({
      file: port,
      line,
      column,
      message: "A port file holds types only, and this statement is none",
    }));
}
