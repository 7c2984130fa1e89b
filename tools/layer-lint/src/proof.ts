import { undeclared } from "./laws/declared.ts";
import { isWithin } from "./config/layout.ts";
import type { Config } from "./config/read-config.ts";
import type { ModuleGraph } from "./graph/module-graph.ts";
import type { Project } from "./project.ts";
import type { Breach, Finding } from "./report/finding.ts";
import { unproven } from "./report/finding.ts";
import type { Sources } from "./source/sources.ts";
import type { Tree } from "./tree/list-files.ts";

/** The place of findings about a whole file. */
const TOP = { line: 1, column: 1 };

/** What of the tree could not be read or does not fit the configuration. */
export function unreadableTree(tree: Tree, { layout, file, places }: Config): Finding[] {
  const nowhere = layout.roots.filter((root) => !tree.modules.some((module) => isWithin(module, root)));
  const empty = [...layout.layers.entries()].filter(
    ([, layer]) => !layer.optional && !tree.modules.some((module) => layout.layerOf(module) === layer),
  );
  return [
    ...nowhere.map((root) => {
      const message = `There is not one module under "${root}"`;
      return unproven({ file, ...places.at(["root"]), message }, "Name the folder of the sources as root.");
    }),
    ...empty.map(([index, { name }]) => {
      const message = `The layer "${name}" has no files: its laws would hold for nothing`;
      const help = 'Name its folder, remove the layer, or say `"optional": true`.';
      return unproven({ file, ...places.at(["layers", index]), message }, help);
    }),
    ...tree.links.map((link) => {
      const message = `${link} is a symbolic link; it is not followed`;
      return unproven(
        { file: link, ...TOP, message },
        "Replace it by what it leads to, or move it out of the checked folders.",
      );
    }),
    ...tree.unreadable.map(({ path, what }) => {
      const message = `${path} is ${what}`;
      return unproven({ file: path, ...TOP, message }, "Make it readable, or move it out of the checked folders.");
    }),
    ...tree.idleGlobs.map((glob) => {
      const place = { file, ...places.at(["ignore"]) };
      return unproven({ ...place, message: `"${glob}" matches no file` }, "Remove it, or mend it.");
    }),
  ];
}

/** Files that cannot be parsed, and imports that lead nowhere. */
export function unreadableCode(graph: ModuleGraph, sources: Sources): Finding[] {
  const errors = graph.files.flatMap((file) => sources.get(file).errors.map((error) => ({ ...error, file })));
  return [
    ...errors.map((error) => {
      const message = `It cannot be parsed: ${error.message}`;
      return unproven({ ...error, message }, "Mend the syntax; nothing is proven of a file that cannot be read.");
    }),
    ...graph.unresolved.map((fact) => {
      const message = `"${fact.specifier}" leads nowhere`;
      return unproven({ ...fact, message }, "Install the package, mend the path, or remove the import.");
    }),
  ];
}

/** Laws whose configuration names what is not there: they would be kept by nobody's merit. */
export function idleLaws({ laws, file, places }: Config, project: Project): Finding[] {
  const { tree, layout } = project;
  const known = [...tree.modules, ...tree.others];
  const isThere = (text: string): boolean => {
    const area = layout.area(text);
    return layout.layer(text)?.optional === true || known.some((each) => area.contains(each));
  };
  return laws.flatMap((law) => {
    const nowhere = law.areas.filter(({ text }) => !isThere(text));
    const reasons = [...nowhere.map(({ key, text }) => `${key}: there is nothing at "${text}"`), ...law.idle(project)];
    return reasons.map((reason) => {
      const place = { file, ...places.at(["laws", law.id]) };
      return unproven({ ...place, message: `${law.id} matches nothing: ${reason}` }, "Mend the law, or remove it.");
    });
  });
}

/** Files without a layer, if neither `unassigned` allows them nor a law of the configuration forbids them. */
export function strangers({ laws, layout }: Config, project: Project): Finding[] {
  if (layout.unassigned !== "refuse" || laws.some((law) => law.kind === "declared")) return [];
  const help = "Give it a layer in the configuration, move it into one, or list it under ignore.";
  return undeclared(project).map((breach: Breach) => unproven(breach, help));
}
