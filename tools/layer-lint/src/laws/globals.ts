import { z } from "zod";
import type { Project } from "../project.ts";
import { findUses } from "../uses/find-uses.ts";
import { RESTRICTED_NAME, restrictionsOf } from "../uses/restrictions.ts";
import { areaNamesOrNone, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, one, plantedOutside, together } from "./planting.ts";

const MAX_NAMES = 1000;

/** Some globals are used at named places only, by whatever name: through `globalThis`, taken apart, renamed, or imported from Node. */
export const globals = defineLaw({
  kind: "globals",
  schema: lawSchema("globals", {
    names: z
      .array(
        z.string().max(200).regex(RESTRICTED_NAME, { message: 'is no global such as "setTimeout" or "process.env"' }),
      )
      .min(1)
      .max(MAX_NAMES)
      .describe("Globals (setTimeout) or members of them (process.env)."),
    only: areaNamesOrNone.describe("Where they may be used; an empty list means nowhere."),
  }),
  why: "What a program reads from the air cannot be seen, faked or replayed by those who call it.",
  help: "Have the value or a port for it handed in, or move the code to a place that may use it.",
  areas: ({ only }) => only.map((text) => ({ key: "only", text })),
  check({ names, only }, project) {
    const restrictions = restrictionsOf(names);
    return filesOutside(only, project).flatMap((file) =>
      findUses(file, project, restrictions).map(({ what, line, column }) => ({
        file,
        line,
        column,
        message: `It uses ${what}: ${placesInWords(only)}`,
      })),
    );
  },
  plant({ names, only }, project) {
    const areas = only.map((text) => project.layout.area(text));
    return together(
      names.flatMap(samplesOf).map((text, index) => {
        const path = plantedOutside(areas, { project, label: `global-${index}` });
        return path === undefined ? NOTHING : one(path, text);
      }),
    );
  },
});

/** The checked files outside of the places. */
export function filesOutside(only: readonly string[], { layout, graph }: Project): string[] {
  const areas = only.map((text) => layout.area(text));
  return graph.files.filter((file) => !areas.some((area) => area.contains(file)));
}

/** Who may, for a message. */
export function placesInWords(only: readonly string[]): string {
  return only.length === 0 ? "nobody may" : `only ${only.join(", ")} may`;
}

function samplesOf(name: string): string[] {
  const [global = "", member] = name.split(".");
  const use = `export const planted: unknown = ${name};\n`;
  const far = `export const planted: unknown = globalThis[${JSON.stringify(global)}]${member === undefined ? "" : `.${member}`};\n`;
  return member === undefined
    ? [use, far]
    : [use, far, `export const { ${member}: planted } = ${global};\n`, `export const planted: unknown = ${global};\n`];
}
