import type { Claim, Facts, OwnExport, Statement } from "./facts.ts";
import { nameOf } from "./imports.ts";
import type { Compiler } from "./compile-term.ts";
import type { Scopes } from "./scopes.ts";
import { patternNames } from "./scopes.ts";
import type { Node, Syntax } from "./syntax.ts";
import { literal, within } from "./syntax.ts";
import type { Term } from "./terms.ts";
import { isOperation } from "./terms.ts";

/** What the statements at the top are, for faces and ports. */
export function readStatements({ program, spot }: Syntax): Statement[] {
  return program.body.map((statement) => {
    const reExport = reExportOf(statement);
    return {
      ...spot(statement.start),
      ...(reExport === undefined ? {} : { reExport }),
      typesOnly: isTypesOnly(statement),
    };
  });
}

function reExportOf(statement: Node): Statement["reExport"] {
  if (statement.type === "ExportAllDeclaration") return "all";
  return statement.type === "ExportNamedDeclaration" && statement.source !== null ? "names" : undefined;
}

function isTypesOnly(statement: Node): boolean {
  switch (statement.type) {
    case "ImportDeclaration":
      return statement.importKind === "type";
    case "ExportAllDeclaration":
      return statement.exportKind === "type";
    case "ExportNamedDeclaration":
      return statement.declaration === null ? statement.exportKind === "type" : isTypesOnly(statement.declaration);
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return true;
    case "VariableDeclaration":
      // `declare const brand: unique symbol` runs nothing: it is how brands are written.
      return statement.declare === true;
    default:
      return false;
  }
}

/** Lines of the text that hold code: neither blank nor comment only. */
export function countCodeLines({ text, comments }: Syntax): number {
  let code = "";
  let end = 0;
  for (const comment of comments) {
    code +=
      text.slice(end, comment.start) + text.slice(comment.start, comment.end).replace(/[^\n\r\u2028\u2029]/g, " ");
    end = comment.end;
  }
  code += text.slice(end);
  return code.split(/\r\n|[\n\r\u2028\u2029]/).filter((line) => /\S/.test(line)).length;
}

/** Names that the file exports without naming another module. */
export function readExports(
  { program }: Syntax,
  { scopes, compiler }: { readonly scopes: Scopes; readonly compiler: Compiler },
): OwnExport[] {
  const termOf = (local: string): { readonly term?: Term } => {
    const binding = scopes.top.get(local)?.[0];
    const id = binding?.node;
    const term = id === undefined ? null : compiler.term(id);
    return term === null ? {} : { term };
  };
  const own: OwnExport[] = [];
  for (const statement of program.body) {
    if (statement.type === "ExportNamedDeclaration" && statement.source === null) {
      for (const { local, exported } of statement.specifiers)
        own.push({ name: nameOf(exported), local: nameOf(local), ...termOf(nameOf(local)) });
      for (const name of declaredBy(statement.declaration)) own.push({ name, local: name, ...termOf(name) });
    } else if (statement.type === "ExportDefaultDeclaration") {
      const { declaration } = statement;
      const [named] = declaration.type === "Identifier" ? [declaration.name] : declaredBy(declaration);
      const term = named === undefined ? compiler.term(declaration) : null;
      own.push({ name: "default", local: named ?? "default", ...(term === null ? termOf(named ?? "") : { term }) });
    } else if (statement.type === "TSExportAssignment") {
      const { expression } = statement;
      const term = compiler.term(expression);
      const local = expression.type === "Identifier" ? expression.name : "default";
      own.push({ name: "default", local, ...(term === null ? {} : { term }) });
    }
  }
  return [...own, ...commonJsExports(program, compiler)];
}

/** `exports.name = ...` and `module.exports = { name: ... }`. */
function commonJsExports(program: Node & { type: "Program" }, compiler: Compiler): OwnExport[] {
  return program.body.flatMap((statement): OwnExport[] => {
    if (statement.type !== "ExpressionStatement" || statement.expression.type !== "AssignmentExpression") return [];
    const { left, right } = statement.expression;
    if (left.type !== "MemberExpression") return [];
    const name = compiler.keyOf(left);
    const owner = left.object;
    const term = compiler.term(right);
    const isOfExports =
      owner.type === "Identifier"
        ? owner.name === "exports"
        : owner.type === "MemberExpression" && compiler.keyOf(owner) === "exports";
    if (name !== undefined && isOfExports) return [{ name, local: name, term }];
    if (owner.type !== "Identifier" || owner.name !== "module" || name !== "exports" || !isOperation(term)) return [];
    if (term[0] !== "record") return [{ name: "default", local: "default", term }];
    return term
      .slice(1)
      .flatMap((key, index): OwnExport[] =>
        index % 2 === 0 ? [{ name: String(key), local: String(key), term: term[index + 2] ?? null }] : [],
      );
  });
}

function declaredBy(declaration: Node | null): string[] {
  if (declaration === null) return [];
  if (declaration.type === "VariableDeclaration")
    return declaration.declarations.flatMap(({ id }) => patternNames(id).map(nameOf));
  if (!("id" in declaration) || declaration.id === null || declaration.id === undefined) return [];
  return declaration.id.type === "Identifier" ? [declaration.id.name] : [];
}

/** Names and modules that the file declares for all files. */
export function readAmbient({ program }: Syntax): Facts["ambient"] {
  const isModule = program.body.some((each) =>
    /^(?:Import|Export)|^TSExportAssignment|^TSImportEquals/.test(each.type),
  );
  const globals: string[] = [];
  const modules: string[] = [];
  for (const statement of program.body) {
    if (statement.type === "TSModuleDeclaration" && statement.kind === "global") {
      const body = statement.body?.type === "TSModuleBlock" ? statement.body.body : [];
      globals.push(...body.flatMap(declaredInside));
    } else if (statement.type === "TSModuleDeclaration" && statement.id.type === "Literal") {
      if (!isModule) modules.push(statement.id.value);
    } else if (!isModule) globals.push(...declaredInside(statement));
  }
  return { globals: [...new Set(globals)], modules };
}

function declaredInside(statement: Node): string[] {
  return declaredBy(statement.type === "ExportNamedDeclaration" ? statement.declaration : statement);
}

/** Types that are declared, named by aliases, and claimed without proof. */
export function readTypes({ program, nodes, spot }: Syntax): Pick<Facts, "types" | "aliases" | "claims"> {
  const types = program.body
    .map((each) =>
      each.type === "ExportNamedDeclaration"
        ? each.declaration
        : each.type === "ExportDefaultDeclaration"
          ? each.declaration
          : each,
    )
    .filter((each) => each !== null)
    .filter((each) => ["TSTypeAliasDeclaration", "TSInterfaceDeclaration", "ClassDeclaration"].includes(each.type))
    .flatMap(declaredBy);
  const aliases = nodes.flatMap((node) =>
    node.type === "TSTypeAliasDeclaration" ? [{ name: node.id.name, mentions: mentionsOf(node.typeAnnotation) }] : [],
  );
  const claims = nodes.flatMap((node): Claim[] => {
    const claim = claimOf(node);
    if (claim === undefined) return [];
    return [{ ...spot(claim.at.start), how: claim.how, mentions: mentionsOf(claim.type) }];
  });
  return { types, aliases, claims };
}

function claimOf(node: Node): { readonly how: Claim["how"]; readonly type: Node; readonly at: Node } | undefined {
  if (node.type === "TSAsExpression" || node.type === "TSTypeAssertion")
    return { how: "cast", type: node.typeAnnotation, at: node };
  if (node.type === "TSTypePredicate" && node.typeAnnotation !== null)
    return { how: "predicate", type: node.typeAnnotation, at: node };
  if (node.type === "TSDeclareFunction" && node.declare === true && node.returnType)
    return { how: "ambient", type: node.returnType, at: node };
  if (node.type !== "VariableDeclarator" || node.parent?.type !== "VariableDeclaration" || node.parent.declare !== true)
    return undefined;
  const type = "typeAnnotation" in node.id ? node.id.typeAnnotation : undefined;
  return type === null || type === undefined ? undefined : { how: "ambient", type, at: node };
}

function mentionsOf(type: Node): string[] {
  const names = within(type).flatMap((node) => (node.type === "Identifier" ? [node.name] : (literal(node) ?? [])));
  return [...new Set(names)];
}
