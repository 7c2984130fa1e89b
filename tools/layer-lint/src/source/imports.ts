import { ts } from "ts-morph";
import type { Place } from "../report/finding.ts";
import { placeAt, placeOf, walk } from "./sources.ts";

/** How a file names another module. */
export type ImportForm =
  | "import"
  | "export"
  | "import-equals"
  | "import-type"
  | "dynamic"
  | "require"
  | "reference"
  | "augmentation"
  | "jsx";

/** One place where a file names another module by a literal. */
export interface ImportFact extends Place {
  readonly specifier: string;
  readonly form: ImportForm;
  /** Whether nothing is loaded at run time. The inline form `import { type X }` does load the module. */
  readonly typeOnly: boolean;
  /** Whether it has an inline `type`: `import { type X }`. */
  readonly inlineType: boolean;
  /** What it takes of the other module; nothing if it only loads it. */
  readonly names: readonly TakenName[];
}

/** A name that an import takes. */
export interface TakenName {
  /** As the other module calls it; `*` for all that it exports. */
  readonly name: string;
  /** As this file calls it: the local name of an import, the exported name of a re-export; `*` for `export * from`. */
  readonly as: string;
}

const EVERYTHING: readonly TakenName[] = [{ name: "*", as: "*" }];

/** Every literal import of a file, in the order of the text. */
export function readImports(file: string, source: ts.SourceFile): ImportFact[] {
  const facts: ImportFact[] = [];
  const add = (node: ts.Node, fact: Pick<ImportFact, "specifier" | "form"> & Partial<ImportFact>): void => {
    facts.push({ ...placeOf(file, node), typeOnly: false, inlineType: false, names: EVERYTHING, ...fact });
  };
  walk(source, (node) => {
    if (ts.isImportDeclaration(node)) add(node, ofImport(node));
    else if (ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier !== undefined) add(node, ofExport(node));
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      const specifier = literal(node.moduleReference.expression);
      if (specifier !== undefined) add(node, { specifier, form: "import-equals", typeOnly: node.isTypeOnly });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const specifier = literal(node.argument.literal);
      const name = node.qualifier === undefined ? "*" : leftmost(node.qualifier);
      if (specifier !== undefined)
        add(node, { specifier, form: "import-type", typeOnly: true, names: [{ name, as: name }] });
    } else if (ts.isModuleDeclaration(node) && /^[.#]/.test(node.name.text)) {
      add(node, { specifier: node.name.text, form: "augmentation", typeOnly: true });
    } else if (ts.isCallExpression(node)) {
      const [first] = node.arguments;
      const specifier = first === undefined ? undefined : literal(first);
      if (specifier === undefined) return;
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, { specifier, form: "dynamic" });
      else if (ts.isIdentifier(node.expression) && node.expression.text === "require")
        add(node, { specifier, form: "require" });
    }
  });
  return [...ofDirectives(file, source), ...facts];
}

/** The text of a string literal or of a template without parts. */
export function literal(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

function ofImport(
  node: ts.ImportDeclaration,
): Pick<ImportFact, "specifier" | "form" | "typeOnly" | "inlineType" | "names"> {
  const clause = node.importClause;
  const bindings = clause?.namedBindings;
  const elements = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements : [];
  return {
    specifier: literal(node.moduleSpecifier) ?? "",
    form: "import",
    typeOnly: clause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
    inlineType: elements.some((element) => element.isTypeOnly),
    names: [
      ...(clause?.name === undefined ? [] : [{ name: "default", as: clause.name.text }]),
      ...elements.map(takenName),
      ...(bindings !== undefined && ts.isNamespaceImport(bindings) ? [{ name: "*", as: bindings.name.text }] : []),
    ],
  };
}

function ofExport(
  node: ts.ExportDeclaration,
): Pick<ImportFact, "specifier" | "form" | "typeOnly" | "inlineType" | "names"> {
  const clause = node.exportClause;
  const elements = clause !== undefined && ts.isNamedExports(clause) ? clause.elements : [];
  return {
    specifier: (node.moduleSpecifier && literal(node.moduleSpecifier)) ?? "",
    form: "export",
    typeOnly: node.isTypeOnly,
    inlineType: elements.some((element) => element.isTypeOnly),
    names:
      clause === undefined
        ? EVERYTHING
        : ts.isNamespaceExport(clause)
          ? [{ name: "*", as: clause.name.text }]
          : elements.map(takenName),
  };
}

/** `/// <reference ...>` and the JSX pragma, which load a module without an import. */
function ofDirectives(file: string, source: ts.SourceFile): ImportFact[] {
  const reference = { form: "reference", typeOnly: true, inlineType: false, names: EVERYTHING } as const;
  const facts: ImportFact[] = [...source.referencedFiles, ...source.typeReferenceDirectives].map((each) => ({
    ...placeAt(source, { file, position: each.pos }),
    ...reference,
    specifier: each.fileName,
  }));
  const leading = source.text.slice(0, source.statements[0]?.getStart(source) ?? source.text.length);
  const pragma = /@jsxImportSource\s+([^\s*]+)/.exec(leading);
  if (/[jt]sx$/.test(file) && pragma?.[1] !== undefined) {
    const place = placeAt(source, { file, position: pragma.index });
    facts.push({ ...place, ...reference, specifier: `${pragma[1]}/jsx-runtime`, form: "jsx", typeOnly: false });
  }
  return facts;
}

function takenName(element: ts.ImportSpecifier | ts.ExportSpecifier): TakenName {
  return { name: (element.propertyName ?? element.name).text, as: element.name.text };
}

function leftmost(name: ts.EntityName): string {
  return ts.isIdentifier(name) ? name.text : leftmost(name.left);
}
