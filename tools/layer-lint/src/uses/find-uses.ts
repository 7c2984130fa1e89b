import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExternalImport } from "../graph/module-graph.ts";
import type { Project } from "../project.ts";
import type { Place } from "../report/finding.ts";
import { follow } from "./follow.ts";
import type { Found } from "./follow.ts";
import type { Restrictions } from "./restrictions.ts";
import { ALL_GLOBALS, GLOBAL_OBJECTS, globalOfModule } from "./restrictions.ts";
import type { Seen, Tree } from "./tree.ts";
import { readTree, textOf } from "./tree.ts";

/** A use of something restricted. */
export interface Use extends Place {
  readonly what: string;
  /** The text that it is called with, if it is called with a literal. */
  readonly argument?: string;
}

/** A value that is a global, by another name: `import p from "node:process"`, `require("node:process")`. */
interface Alias {
  readonly global: string;
  /** The name that the file gives it; absent if it is an expression. */
  readonly local?: string;
  readonly fact: ExternalImport;
}

/** Every use of the restricted globals in a file: by their names, through `globalThis`, taken apart, renamed, and as modules of Node. */
export function findUses(file: string, project: Project, restrictions: Restrictions): Use[] {
  const free = project.sources
    .get(file)
    .globals.filter(({ name, asType }) => asType !== true && (restrictions.has(name) || GLOBAL_OBJECTS.has(name)));
  const imported = project.graph.externals
    .filter((fact) => fact.file === file && fact.external.kind === "builtin" && !fact.typeOnly)
    .map((fact) => ofImport(fact, restrictions));
  const atOnce = imported.flatMap((each) => each.uses);
  const aliases = imported.flatMap((each) => each.aliases);
  if (free.length === 0 && aliases.length === 0) return atOnce;
  const tree = treeOf(file, project);
  const named = free.flatMap(({ name, line, column }) => {
    const global = GLOBAL_OBJECTS.has(name) ? ALL_GLOBALS : name;
    const seen = tree.nodes.filter(
      (each) => isReferenceTo(each, name) && sameAs(tree.placeOf(each.node), { line, column }),
    );
    const found = seen.flatMap((each) => follow(global, each, restrictions));
    // A name that is not found again cannot be seen to be harmless.
    return seen.length === 0
      ? [{ file, line, column, what: `${name} in a way that cannot be followed` }]
      : placed(found, { file, tree });
  });
  const renamed = aliases.flatMap((alias) => ofAlias(alias, { file, tree, restrictions }));
  return [...atOnce, ...named, ...renamed];
}

/** Trees that several laws ask for; they go with the project that they belong to. */
const TREES = new WeakMap<Project, Map<string, Tree>>();

function treeOf(file: string, project: Project): Tree {
  const trees = TREES.get(project) ?? new Map<string, Tree>();
  TREES.set(project, trees);
  const tree = trees.get(file) ?? readTree(file, readFileSync(join(project.root, file), "utf8"));
  trees.set(file, tree);
  return tree;
}

function placed(found: readonly Found[], { file, tree }: { readonly file: string; readonly tree: Tree }): Use[] {
  return found.map(({ node, what, argument }) => ({
    file,
    ...tree.placeOf(node),
    what,
    ...(argument === undefined ? {} : { argument }),
  }));
}

/** What an import of a module of Node takes of the restricted globals: uses that are plain, and names that have to be followed. */
function ofImport(
  fact: ExternalImport,
  restrictions: Restrictions,
): { readonly uses: readonly Use[]; readonly aliases: readonly Alias[] } {
  const { file, line, column, form, external } = fact;
  const global = globalOfModule(external.name, restrictions);
  if (global === undefined) return { uses: [], aliases: [] };
  const plain: Use[] = [];
  const aliases: Alias[] = [];
  const add = (what: string): void => {
    plain.push({ file, line, column, what: `${what} (node:${external.name})` });
  };
  for (const { name, as } of fact.names) {
    const taken = takenOf(global, name);
    const restriction = restrictions.get(taken.global);
    if (taken.member !== undefined) {
      if (restriction?.whole === true || restriction?.members.has(taken.member) === true)
        add(restriction.whole ? taken.global : `${taken.global}.${taken.member}`);
    } else if (restriction?.whole === true) add(taken.global);
    else if (taken.global !== ALL_GLOBALS && restriction === undefined) continue;
    else if (form === "import") aliases.push({ global: taken.global, local: as, fact });
    else if (form === "require" || form === "dynamic") aliases.push({ global: taken.global, fact });
    else add(`everything of ${taken.global}`);
  }
  return { uses: plain, aliases };
}

/** What the name `name` of a module that is `global` stands for. */
function takenOf(global: string, name: string): { readonly global: string; readonly member?: string } {
  if (name === "*" || name === "default" || name === "webcrypto" || name === "promises") return { global };
  return global === ALL_GLOBALS ? { global: name } : { global, member: name };
}

function ofAlias(
  { global, local, fact }: Alias,
  { file, tree, restrictions }: { readonly file: string; readonly tree: Tree; readonly restrictions: Restrictions },
): Use[] {
  const seen = tree.nodes.filter((each) =>
    local === undefined ? loads(each, fact.specifier) : isReferenceTo(each, local),
  );
  if (seen.length === 0 && local === undefined) {
    const { line, column } = fact;
    return [{ file, line, column, what: `everything of ${global} (node:${fact.external.name})` }];
  }
  return placed(
    seen.flatMap((each) => follow(global, each, restrictions)),
    { file, tree },
  );
}

function loads({ node }: Seen, specifier: string): boolean {
  if (node.type === "ImportExpression") return textOf(node.source) === specifier;
  return node.type === "CallExpression" && textOf(node.arguments[0]) === specifier;
}

/** Whether a node is the name, and stands for a value: it is no member's name, no key, no import and no type. */
function isReferenceTo({ node, above }: Seen, name: string): boolean {
  if (node.type !== "Identifier" || node.name !== name) return false;
  const parent = above.at(-1);
  if (parent === undefined || /^TS(?:Type|Qualified|Class|Interface|Import)/.test(parent.type)) {
    return parent?.type === "TSTypeAssertion";
  }
  if (parent.type === "MemberExpression") return parent.computed || parent.object === node;
  if ("key" in parent && parent.key === node) return "computed" in parent && parent.computed;
  return (
    !/^(?:Import|Labeled|Break|Continue|Export\w+Specifier)/.test(parent.type) || parent.type === "ImportExpression"
  );
}

function sameAs(
  a: { readonly line: number; readonly column: number },
  b: { readonly line: number; readonly column: number },
): boolean {
  return a.line === b.line && a.column === b.column;
}
