import type { LiteralImport, TakenName } from "./facts.ts";
import type { Scopes } from "./scopes.ts";
import type { Node, Syntax } from "./syntax.ts";
import { literal } from "./syntax.ts";

const EVERYTHING: readonly TakenName[] = [{ name: "*", as: "*" }];

type Found = Pick<LiteralImport, "specifier" | "form"> & Partial<LiteralImport>;

/** Every place of a file that names another module by a literal, in the order of the text. */
export function readImports({ nodes, spot }: Syntax, scopes: Scopes): LiteralImport[] {
  const facts: LiteralImport[] = [];
  for (const node of nodes) {
    const found = ofNode(node, scopes);
    if (found !== undefined)
      facts.push({ typeOnly: false, inlineType: false, names: EVERYTHING, ...found, ...spot(node.start) });
  }
  return facts;
}

const LOOKS_LIKE_IMPORT = /\b(?:from|import|require)\s*\(?\s*(["'`])((?:(?!\1)[^\\\n\r])+)\1/g;

/**
 * What looks like an import in a text that cannot be parsed. Nothing is proven of such a file, and the report says so; but
 * what it seems to name is told as well.
 */
export function guessImports({ text, comments, spot }: Syntax): LiteralImport[] {
  return Array.from(text.matchAll(LOOKS_LIKE_IMPORT))
    .filter(({ index }) => !comments.some(({ start, end }) => start <= index && index < end))
    .map((found) => ({
      ...spot(found.index),
      specifier: found[2] ?? "",
      form: "import",
      typeOnly: false,
      inlineType: false,
      names: EVERYTHING,
    }));
}

function ofNode(node: Node, scopes: Scopes): Found | undefined {
  switch (node.type) {
    case "ImportDeclaration":
      return ofImport(node);
    case "ExportAllDeclaration": {
      const names = node.exported === null ? EVERYTHING : [{ name: "*", as: nameOf(node.exported) }];
      return { specifier: node.source.value, form: "export", typeOnly: node.exportKind === "type", names };
    }
    case "ExportNamedDeclaration":
      if (node.source === null) return undefined;
      return {
        specifier: node.source.value,
        form: "export",
        typeOnly: node.exportKind === "type",
        inlineType: node.exportKind !== "type" && node.specifiers.some((each) => each.exportKind === "type"),
        names: node.specifiers.map((each) => ({ name: nameOf(each.local), as: nameOf(each.exported) })),
      };
    case "TSImportEqualsDeclaration": {
      const { moduleReference, importKind } = node;
      if (moduleReference.type !== "TSExternalModuleReference") return undefined;
      return { specifier: moduleReference.expression.value, form: "import-equals", typeOnly: importKind === "type" };
    }
    case "TSImportType": {
      const name = node.qualifier === null ? "*" : leftmost(node.qualifier);
      return { specifier: node.source.value, form: "import-type", typeOnly: true, names: [{ name, as: name }] };
    }
    case "TSModuleDeclaration":
      if (node.id.type !== "Literal" || !/^[.#]/.test(node.id.value)) return undefined;
      return { specifier: node.id.value, form: "augmentation", typeOnly: true };
    case "ImportExpression": {
      const specifier = literal(node.source);
      return specifier === undefined ? undefined : { specifier, form: "dynamic" };
    }
    case "CallExpression":
      return ofRequire(node, scopes);
    default:
      return undefined;
  }
}

function ofImport(node: Node & { type: "ImportDeclaration" }): Found {
  const isType = node.importKind === "type";
  return {
    specifier: node.source.value,
    form: "import",
    typeOnly: isType,
    inlineType:
      !isType && node.specifiers.some((each) => each.type === "ImportSpecifier" && each.importKind === "type"),
    names: node.specifiers.map((each) => {
      const as = each.local.name;
      if (each.type === "ImportDefaultSpecifier") return { name: "default", as };
      return { name: each.type === "ImportSpecifier" ? nameOf(each.imported) : "*", as };
    }),
  };
}

function ofRequire(node: Node & { type: "CallExpression" }, scopes: Scopes): Found | undefined {
  const { callee } = node;
  const specifier = literal(node.arguments[0]);
  const isRequire = callee.type === "Identifier" && callee.name === "require" && scopes.isFree(callee);
  return isRequire && specifier !== undefined ? { specifier, form: "require" } : undefined;
}

/** The text of a name, which in exports may be a string. */
export function nameOf(node: Node): string {
  return node.type === "Identifier" ? node.name : (literal(node) ?? "");
}

function leftmost(name: Node): string {
  let at = name;
  while (at.type === "TSQualifiedName") at = at.left;
  return nameOf(at);
}
