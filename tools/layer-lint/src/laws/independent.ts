import { z } from "zod";
import type { Area } from "../config/layout.ts";
import { chainFrom, waysTo } from "../graph/reach.ts";
import type { Ways } from "../graph/reach.ts";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import type { Planting } from "./law.ts";
import { areaNames, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, one, plantedPath, relativeSpecifier, someFile, together } from "./planting.ts";

/** Layers or folders that do not know one another: neither directly nor, unless said otherwise, by way of others; types included. */
export const independent = defineLaw({
  kind: "independent",
  schema: lawSchema("independent", {
    among: areaNames.describe("At least two layers or folders; a glob stands for each folder that it matches."),
    transitive: z.boolean().optional().describe("Whether ways through other files count too; true if absent."),
  }),
  defaults: { transitive: true },
  why: "Who does not know its neighbour can be changed, tested and removed without it.",
  help: "Move what both need into a layer below them, or let the layer above hand it over.",
  areas: ({ among }) => among.map((text) => ({ key: "among", text })),
  idle({ among }, project) {
    const members = membersOf(among, project);
    return members.length > 1 ? [] : [`among: ${members.length} part of the project is independent of nothing`];
  },
  check({ among, transitive }, project) {
    const members = membersOf(among, project);
    return members.flatMap((target) => {
      const ways = transitive === false ? new Map() : waysTo(project.graph, (file) => target.contains(file));
      return members.filter((other) => other !== target).flatMap((from) => known(from, { target, ways, project }));
    });
  },
  plant({ among }, project) {
    const members = membersOf(among, project);
    return together(
      members.map((from, index) => plantIn(from, { target: members[(index + 1) % members.length], project })),
    );
  },
});

/** Each layer and each folder for itself: a glob stands for as many parts as it matches. */
function membersOf(among: readonly string[], { layout }: Project): Area[] {
  return among.flatMap((text) => layout.areas(text));
}

interface Search {
  readonly target: Area;
  readonly ways: Ways;
  readonly project: Project;
}

function known(from: Area, { target, ways, project }: Search): Breach[] {
  return project.graph.edges
    .filter(
      (edge) => from.contains(edge.file) && !from.contains(edge.to) && (target.contains(edge.to) || ways.has(edge.to)),
    )
    .map((edge) => {
      const { file, line, column } = edge;
      const chain = chainFrom(edge, ways);
      const how = chain.length === 2 ? "" : ` in ${chain.length - 1} hops`;
      const message = `${from.label} knows ${target.label} (${chain.at(-1)?.file})${how}, and they have to be independent`;
      return { file, line, column, chain, message };
    });
}

function plantIn(
  from: Area,
  { target, project }: { readonly target: Area | undefined; readonly project: Project },
): Planting {
  const path = plantedPath(from, { project, label: "independent" });
  const to = target && someFile(target, project);
  if (path === undefined || to === undefined || target === from) return NOTHING;
  return one(path, `export type * as planted from "${relativeSpecifier(path, to)}";\n`);
}
