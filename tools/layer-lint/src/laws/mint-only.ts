import { ts } from "ts-morph";
import { z } from "zod";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { literal } from "../source/imports.ts";
import { placeOf, walk } from "../source/sources.ts";
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
  return project.sources
    .get(file)
    .statements.some(
      (each) =>
        (ts.isTypeAliasDeclaration(each) || ts.isInterfaceDeclaration(each) || ts.isClassDeclaration(each)) &&
        each.name?.text === type,
    );
}

function casts(type: string, { file, project }: At): Breach[] {
  const source = project.sources.get(file);
  const names = namesFor(type, source);
  const found: Breach[] = [];
  const report = (node: ts.Node, how: string): void => {
    found.push({ ...placeOf(file, node), message: `${how} ${type} where it may not be minted` });
  };
  walk(source, (node) => {
    if ((ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) && mentions(node.type, names))
      report(node, "A cast makes");
    else if (ts.isTypePredicateNode(node) && node.type !== undefined && mentions(node.type, names))
      report(node, "A type predicate claims");
    else if (isDeclaredValue(node) && node.type !== undefined && mentions(node.type, names))
      report(node, "An ambient declaration claims");
  });
  return found;
}

/** The names by which the file can say the type: its own, import aliases, and type aliases that contain one. */
function namesFor(type: string, source: ts.SourceFile): Set<string> {
  const names = new Set([type]);
  walk(source, (node) => {
    if (ts.isImportSpecifier(node) && node.propertyName?.text === type) names.add(node.name.text);
    if (ts.isTypeAliasDeclaration(node) && mentions(node.type, names)) names.add(node.name.text);
  });
  return names;
}

function mentions(type: ts.TypeNode, names: ReadonlySet<string>): boolean {
  let found = false;
  walk(type, (node) => {
    if (ts.isIdentifier(node) && names.has(node.text)) found = true;
    if (ts.isLiteralTypeNode(node) && names.has(literal(node.literal) ?? "")) found = true;
  });
  return found;
}

function isDeclaredValue(node: ts.Node): node is ts.VariableDeclaration | ts.FunctionDeclaration {
  if (ts.isFunctionDeclaration(node)) return hasDeclare(node);
  return (
    ts.isVariableDeclaration(node) &&
    ts.isVariableDeclarationList(node.parent) &&
    ts.isVariableStatement(node.parent.parent) &&
    hasDeclare(node.parent.parent)
  );
}

function hasDeclare(node: ts.HasModifiers): boolean {
  return (ts.getModifiers(node) ?? []).some((each) => each.kind === ts.SyntaxKind.DeclareKeyword);
}
