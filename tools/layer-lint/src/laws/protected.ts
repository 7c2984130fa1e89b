import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import type { Planting } from "./law.ts";
import { areaNames, areaNamesOrNone, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, one, plantedOutside, relativeSpecifier, someFile, together } from "./planting.ts";

/** Some files are imported by the places of `only`, by each other, and by nobody else; types included. */
export const protectedFrom = defineLaw({
  kind: "protected",
  schema: lawSchema("protected", {
    to: areaNames.describe("What is protected."),
    only: areaNamesOrNone.describe("Who may import it; an empty list means nobody but itself."),
  }),
  why: "What few may know can be changed by asking few.",
  help: "Ask one of the places that may import it for what is needed, or move the code there.",
  areas: ({ to, only }) => [...to.map((text) => ({ key: "to", text })), ...only.map((text) => ({ key: "only", text }))],
  check: ({ to, only }, project) => to.flatMap((text) => intruders(text, { only, project })),
  plant: ({ to, only }, project) =>
    together(to.map((text, index) => plantFor(text, { only, project, label: `protected-${index}` }))),
});

function intruders(
  text: string,
  { only, project }: { readonly only: readonly string[]; readonly project: Project },
): Breach[] {
  const target = project.layout.area(text);
  const may = [target, ...only.map((name) => project.layout.area(name))];
  return project.graph.edges
    .filter((edge) => target.contains(edge.to) && !may.some((area) => area.contains(edge.file)))
    .map(({ file, line, column, specifier, to }) => {
      const chain = [
        { file, line, specifier },
        { file: to, line: 1 },
      ];
      const whom = only.length === 0 ? "only it itself may" : `only ${only.join(", ")} may`;
      return { file, line, column, chain, message: `${file} imports ${to}, which is protected: ${whom}` };
    });
}

function plantFor(
  text: string,
  { only, project, label }: { readonly only: readonly string[]; readonly project: Project; readonly label: string },
): Planting {
  const target = project.layout.area(text);
  const may = [target, ...only.map((name) => project.layout.area(name))];
  const path = plantedOutside(may, { project, label });
  const file = someFile(target, project);
  if (path === undefined || file === undefined) return NOTHING;
  return one(path, `export type * as planted from "${relativeSpecifier(path, file)}";\n`);
}
