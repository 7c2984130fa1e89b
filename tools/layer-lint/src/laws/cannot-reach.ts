import type { Area } from "../config/layout.ts";
import type { ModuleGraph } from "../graph/module-graph.ts";
import { chainFrom, chainTo, reachableFrom, waysTo } from "../graph/reach.ts";
import type { Project } from "../project.ts";
import type { Breach, Place } from "../report/finding.ts";
import type { Facts } from "../source/facts.ts";
import { CODELESS_GLOBALS, PURE_GLOBALS } from "../source/free-names.ts";
import { CODE_LOADING_BUILTINS, isLoaderName } from "../source/hidden.ts";
import { isModule } from "../tree/list-files.ts";
import type { Planting } from "./law.ts";
import { areaName, areaNames, defineLaw, lawSchema } from "./law.ts";
import { proofOf } from "./machine-laws.ts";
import {
  NOTHING,
  one,
  plantedOutside,
  plantedPath,
  relativeSpecifier,
  someFile,
  together,
  withHelp,
} from "./planting.ts";

/**
 * From a layer nothing of others can be reached: neither directly nor by way of others, types included.
 * In a machine layer what cannot be followed counts as reaching: code made of text, computed imports, built-in modules
 * and globals that could bring anything.
 */
export const cannotReach = defineLaw({
  kind: "cannot-reach",
  schema: lawSchema("cannot-reach", { from: areaName, to: areaNames }),
  why: "Who can reach the policy can decide; who must only do must not be able to.",
  help: "Cut one import of the chain: hand the data in from above, or move what both need into a lower layer.",
  areas: ({ from, to }) => [{ key: "from", text: from }, ...to.map((text) => ({ key: "to", text }))],
  seal: ({ from, to }) => ({ from, to }),
  async check({ from, to, strict }, project) {
    const source = project.layout.area(from);
    const targets = to.map((text) => project.layout.area(text));
    const breaches = [
      ...reached(project, source, targets),
      ...(strict === true ? touchedByStrangers(project, targets) : []),
    ];
    if (project.layout.layer(from)?.machine !== true) return breaches;
    const typed = (await proofOf(project, from)).get("cannot-reach") ?? [];
    return [
      ...breaches,
      ...mergedIn(project, source, targets),
      ...hiddenOnTheWay(project, source),
      ...unfollowable(project, source),
      ...typed,
    ];
  },
  plant({ from: name, to }, project) {
    const from = project.layout.area(name);
    return together([...to.flatMap((text) => plantWayTo(text, { from, project })), plantComputed(from, project)]);
  },
});

function reached(project: Project, source: Area, targets: readonly Area[]): Breach[] {
  return targets.flatMap((target) => {
    const ways = waysTo(project.graph, (file) => target.contains(file));
    return project.graph.edges
      .filter(
        (edge) =>
          source.contains(edge.file) && !source.contains(edge.to) && (target.contains(edge.to) || ways.has(edge.to)),
      )
      .map((edge): Breach => {
        const { file, line, column } = edge;
        const chain = chainFrom(edge, ways);
        const how = chain.length === 2 ? "" : ` in ${chain.length - 1} hops`;
        return {
          file,
          line,
          column,
          chain,
          message: `${source.label} reaches ${target.label} (${chain.at(-1)?.file})${how}`,
        };
      });
  });
}

/** Files without a layer are allowed by `unassigned`; from the targets of a strict law they have to keep away. */
function touchedByStrangers({ graph, layout }: Project, targets: readonly Area[]): Breach[] {
  if (layout.unassigned !== "may-not-touch-sealed-targets") return [];
  return graph.edges
    .filter((edge) => layout.layerOf(edge.file) === undefined)
    .flatMap((edge) => targets.filter((target) => target.contains(edge.to)).map((target) => ({ edge, target })))
    .map(({ edge: { file, line, column, specifier, to }, target }) => {
      const chain = [
        { file, line, specifier },
        { file: to, line: 1 },
      ];
      return {
        file,
        line,
        column,
        chain,
        message: `${file} belongs to no layer and imports ${target.label}, which is sealed`,
      };
    });
}

/** Types of the language that code has without naming them: of lists, functions, generators, texts in pieces. */
const NAMELESS_TYPES: ReadonlySet<string> = new Set(
  (
    "Object Function CallableFunction NewableFunction IArguments RegExp PromiseLike ReadonlyArray ConcatArray ArrayLike " +
    "TemplateStringsArray Iterable Iterator IteratorObject IterableIterator ArrayIterator Generator AsyncIterable " +
    "AsyncIterator AsyncIteratorObject AsyncIterableIterator AsyncGenerator Disposable AsyncDisposable"
  ).split(" "),
);

/** What the targets add to types that the layer knows already: by `declare module` and `declare global` a type comes in that nobody imports. */
function mergedIn({ graph, sources }: Project, source: Area, targets: readonly Area[]): Breach[] {
  const starts = graph.files.filter((file) => source.contains(file));
  const known = reachableFrom(graph, { starts, follow: () => true });
  const files = graph.files.filter((file) => targets.some((target) => target.contains(file)));
  return files.flatMap((file): Breach[] => [
    ...graph
      .from(file)
      .filter(({ form, to }) => form === "augmentation" && known.has(to))
      .map(({ line, column, specifier, to }) => ({
        file,
        line,
        column,
        chain: [
          { file, line, specifier },
          { file: to, line: 1 },
        ],
        message: `It adds to the types of ${to}, which ${source.label} knows: what it adds comes in without being imported`,
      })),
    ...sources
      .get(file)
      .ambient.globals.filter((name) => PURE_GLOBALS.has(name) || NAMELESS_TYPES.has(name))
      .map((name) => ({
        file,
        line: 1,
        column: 1,
        message: `It adds to the global ${name}, which ${source.label} knows: what it adds comes in without being imported`,
      })),
  ]);
}

/** Code that is loaded where no graph sees it, in the layer and in all that it loads at run time. */
function hiddenOnTheWay({ graph }: Project, source: Area): Breach[] {
  const unfollowed = Map.groupBy(graph.unfollowed, (each) => each.file);
  const starts = graph.files.filter((file) => source.contains(file));
  const arrived = reachableFrom(graph, { starts, follow: (edge) => !edge.typeOnly });
  return [...arrived.keys()].filter(isModule).flatMap((file): Breach[] => {
    const hidden = unfollowed.get(file) ?? [];
    if (source.contains(file)) {
      return hidden.map(({ line, column, what }) => ({
        file,
        line,
        column,
        message: `Here is ${what}: it could reach anything`,
      }));
    }
    const chain = chainTo(file, arrived);
    const start = chain.findLast((hop) => source.contains(hop.file)) ?? { file, line: 1 };
    return [...hidden, ...codeLoaders(graph, file)].map(({ line, what }) => ({
      file: start.file,
      line: start.line,
      column: 1,
      chain: [...chain.slice(0, -1), { file, line }],
      message: `It loads ${file}, where there is ${what}: it could reach anything`,
    }));
  });
}

function codeLoaders(graph: ModuleGraph, file: string): { readonly line: number; readonly what: string }[] {
  return graph.externals
    .filter(
      (each) =>
        each.file === file &&
        !each.typeOnly &&
        each.external.kind === "builtin" &&
        CODE_LOADING_BUILTINS.has(each.external.name),
    )
    .map(({ line, external }) => ({ line, what: `node:${external.name}, which starts code` }));
}

/** What a machine layer may not touch because nobody could say where it ends. */
function unfollowable({ graph, sources, machine }: Project, source: Area): Breach[] {
  const allowed = new Set(machine.builtins?.map((name) => name.replace(/^node:/, "")));
  const nowhere = graph.unresolved.map((fact) => ({
    ...fact,
    way: `"${fact.specifier}", which leads nowhere that can be followed,`,
  }));
  const builtins = graph.externals
    .filter(({ external, typeOnly }) => external.kind === "builtin" && !allowed.has(external.name) && !typeOnly)
    .map((each) => ({ ...each, way: `node:${each.external.name}` }));
  const inside = graph.files
    .filter((file) => source.contains(file))
    .flatMap((file) => insideWays(file, sources.get(file), allowed));
  return [...[...nowhere, ...builtins].filter(({ file }) => source.contains(file)), ...inside].map(
    ({ file, line, column, way }) => ({ file, line, column, message: `Through ${way} it could reach anything` }),
  );
}

interface Way extends Place {
  readonly way: string;
}

/** Globals that nobody listed, uses of built-in modules, and reflection. */
function insideWays(file: string, facts: Facts, allowed: ReadonlySet<string>): Way[] {
  const globals = facts.globals
    .filter(({ name, asType }) => asType !== true && !CODELESS_GLOBALS.has(name) && !isLoaderName(name))
    .map(({ name, line, column }) => ({ file, line, column, way: `the global ${name}` }));
  const uses = facts.builtinUses
    .filter(({ module }) => !allowed.has(module))
    .map(({ module, line, column }) => ({ file, line, column, way: `this use of node:${module}` }));
  const opaque = facts.opaque.map(({ what, line, column }) => ({ file, line, column, way: what }));
  return [...globals, ...uses, ...opaque];
}

function plantWayTo(text: string, { from, project }: { readonly from: Area; readonly project: Project }): Planting[] {
  const target = someFile(project.layout.area(text), project);
  const label = text.replaceAll("/", "-");
  const direct = plantedPath(from, { project, label: `reach-${label}` });
  const first = plantedPath(from, { project, label: `hop-${label}` });
  if (target === undefined || direct === undefined || first === undefined) return [NOTHING];
  const second = plantedOutside([from, project.layout.area(text)], { project, label: `hop-${label}` });
  if (second === undefined) return [one(direct, typeImport(direct, target))];
  const helper = { path: second, text: typeImport(second, target) };
  return [
    one(direct, typeImport(direct, target)),
    withHelp({ path: first, text: typeImport(first, second) }, [helper]),
  ];
}

function typeImport(path: string, to: string): string {
  return `export type * as planted from "${relativeSpecifier(path, to)}";\n`;
}

function plantComputed(from: Area, project: Project): Planting {
  // In other layers a computed import is no breach of this law; it is one of `visible-imports`.
  if (project.layout.layer(from.label)?.machine !== true) return NOTHING;
  const path = plantedPath(from, { project, label: "reach-computed" });
  return path === undefined ? NOTHING : one(path, 'export const planted = await import("./" + "planted.ts");\n');
}
