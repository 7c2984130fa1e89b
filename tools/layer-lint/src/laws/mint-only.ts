import { z } from "zod";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import type { Claim, Facts } from "../source/facts.ts";
import { areaNames, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, one, plantedOutside } from "./planting.ts";

/** Values of a branded type are made at the places of `only` and nowhere else. */
export const mintOnly = defineLaw({
  kind: "mint-only",
  schema: lawSchema("mint-only", { type: z.string().min(1).max(200), only: areaNames }),
  why: "The brand says that somebody has checked; a cast elsewhere says it without checking.",
  help: "Ask the place that mints the type for it, and pass on what it returns.",
  areas: ({ only }) => only.map((text) => ({ key: "only", text })),
  idle: ({ type }, project) =>
    project.graph.files.some((file) => declares(type, { file, project })) ? [] : [`no file declares a type "${type}"`],
  check({ type, only }, project) {
    const mints = only.map((text) => project.layout.area(text));
    return project.graph.files
      .filter((file) => !mints.some((area) => area.contains(file)))
      .flatMap((file) => casts(type, { file, project }));
  },
  plant({ type, only }, project) {
    const home = project.graph.files.find((file) => declares(type, { file, project }));
    const mints = only.map((text) => project.layout.area(text));
    const path = plantedOutside(mints, { project, label: "mint" });
    if (home === undefined || path === undefined) return NOTHING;
    return one(path, `import type { ${type} } from "#planted";\nexport const planted = {} as unknown as ${type};\n`);
  },
});

interface At {
  readonly file: string;
  readonly project: Project;
}

function declares(type: string, { file, project }: At): boolean {
  return project.sources.get(file).types.includes(type);
}

const HOW: Readonly<Record<Claim["how"], string>> = {
  cast: "A cast makes",
  predicate: "A type predicate claims",
  ambient: "An ambient declaration claims",
};

function casts(type: string, { file, project }: At): Breach[] {
  const facts = project.sources.get(file);
  const names = namesFor(type, facts);
  return facts.claims
    .filter(({ mentions }) => mentions.some((name) => names.has(name)))
    .map(({ how, line, column }) => ({
      file,
      line,
      column,
      message: `${HOW[how]} ${type} where it may not be minted`,
    }));
}

/** The names by which the file can say the type: its own, import aliases, and type aliases that contain one. */
function namesFor(type: string, { imports, aliases }: Facts): Set<string> {
  const taken = imports.flatMap(({ names }) => names).filter(({ name }) => name === type);
  const names = new Set([type, ...taken.map(({ as }) => as)]);
  for (let size = 0; size !== names.size;) {
    size = names.size;
    for (const { name, mentions } of aliases) if (mentions.some((each) => names.has(each))) names.add(name);
  }
  return names;
}
