import type {
  ClassBody,
  Comment,
  ExportDefaultDeclaration,
  ExportNamedDeclaration,
  Program,
  Statement,
  TSInterfaceBody,
  VariableDeclarator,
} from "oxc-parser";
import { parseSync } from "oxc-parser";
import { docBefore } from "./doc-comments.ts";

/** Something that a file exports, as a reader wants to know it. */
export interface Declaration {
  /** As it is exported. */
  readonly name: string;
  readonly kind: "function" | "class" | "type" | "value" | "re-export";
  /** On one line, without the body. */
  readonly signature: string;
  /** Text of the comment before it; empty if there is none. */
  readonly doc: string;
  /** Public methods of a class, members of an interface. */
  readonly methods: readonly Pick<Declaration, "name" | "signature" | "doc">[];
}

/** Longer types are named and not shown. */
const MAX_ALIAS_CHARACTERS = 120;

/** What a card has to know of a file's text. */
export interface FileText {
  /** The comment at the top that belongs to no declaration; empty if there is none. */
  readonly doc: string;
  readonly exports: readonly Declaration[];
  /** Imported names that the file exports again by a statement of its own: local name and exported name. */
  readonly passedOn: readonly { readonly local: string; readonly as: string }[];
}

/** A text with its comments: what signatures are cut out of. */
interface Source {
  readonly text: string;
  readonly comments: readonly Comment[];
}

/** Reads what a file exports; `file` decides by its ending how the text is parsed. */
export function readFileText(file: string, text: string): FileText {
  const { program, comments } = parseSync(file, text);
  const source = { text, comments };
  const locals = new Map(
    program.body.flatMap((statement) => declared(statement, statement, source)).map((each) => [each.name, each]),
  );
  const exports: Declaration[] = [];
  const passedOn: { local: string; as: string }[] = [];
  for (const statement of program.body) {
    if (statement.type === "ExportDefaultDeclaration") exports.push(defaultExport(statement, { source, locals }));
    if (statement.type !== "ExportNamedDeclaration") continue;
    if (statement.declaration !== null) exports.push(...declared(statement.declaration, statement, source));
    for (const specifier of statement.specifiers) {
      const [local, as] = [nameOf(specifier.local), nameOf(specifier.exported)];
      const known = locals.get(local);
      if (statement.source !== null) exports.push(reExport(as));
      else if (known !== undefined) exports.push({ ...known, name: as });
      else {
        passedOn.push({ local, as });
        exports.push(reExport(as));
      }
    }
  }
  return { doc: fileDoc(program, source), exports, passedOn };
}

function reExport(name: string): Declaration {
  return { name, kind: "re-export", signature: name, doc: "", methods: [] };
}

function nameOf(name: { readonly type: string; readonly name?: string; readonly value?: unknown }): string {
  return name.name ?? String(name.value);
}

/** The declarations of a statement; `outer` is where its comment stands before. */
function declared(
  statement: Statement | NonNullable<ExportNamedDeclaration["declaration"]>,
  outer: { readonly start: number },
  source: Source,
): Declaration[] {
  const doc = docBefore(outer.start, source);
  const cut = (end: number): string => signature(source, statement.start, end);
  const none: Declaration["methods"] = [];
  switch (statement.type) {
    case "FunctionDeclaration":
    case "TSDeclareFunction": {
      const end = statement.body?.start ?? statement.end;
      return [{ name: statement.id?.name ?? "default", kind: "function", signature: cut(end), doc, methods: none }];
    }
    case "ClassDeclaration": {
      const methods = methodsOf(statement.body, source);
      return [
        { name: statement.id?.name ?? "default", kind: "class", signature: cut(statement.body.start), doc, methods },
      ];
    }
    case "TSInterfaceDeclaration": {
      const methods = membersOf(statement.body, source);
      return [{ name: statement.id.name, kind: "type", signature: cut(statement.body.start), doc, methods }];
    }
    case "TSTypeAliasDeclaration": {
      const whole = cut(statement.end);
      const short = whole.length <= MAX_ALIAS_CHARACTERS ? whole : `type ${statement.id.name}`;
      return [{ name: statement.id.name, kind: "type", signature: short, doc, methods: none }];
    }
    case "TSEnumDeclaration":
      return [{ name: statement.id.name, kind: "value", signature: `enum ${statement.id.name}`, doc, methods: none }];
    case "VariableDeclaration":
      return statement.declarations.map((each) => variable(each, { doc, source }));
    default:
      return [];
  }
}

function variable(
  { id, init }: VariableDeclarator,
  { doc, source }: { readonly doc: string; readonly source: Source },
): Declaration {
  const name = id.type === "Identifier" ? id.name : signature(source, id.start, id.end);
  const head = signature(source, id.start, id.end);
  if (init?.type === "ArrowFunctionExpression" || init?.type === "FunctionExpression") {
    const end = init.body?.start ?? init.end;
    const text = `${head} = ${signature(source, init.start, end).replace(/\s*=>$/, "")}`;
    return { name, kind: "function", signature: text, doc, methods: [] };
  }
  return { name, kind: "value", signature: head, doc, methods: [] };
}

function methodsOf({ body }: ClassBody, source: Source): Declaration["methods"] {
  return body.flatMap((member) => {
    if (member.type !== "MethodDefinition" && member.type !== "TSAbstractMethodDefinition") return [];
    const hidden = member.accessibility === "private" || member.accessibility === "protected";
    if (hidden || member.key.type === "PrivateIdentifier") return [];
    const text = signature(source, member.start, member.value.body?.start ?? member.end);
    return [
      {
        name: signature(source, member.key.start, member.key.end),
        signature: text,
        doc: docBefore(member.start, source),
      },
    ];
  });
}

function membersOf({ body }: TSInterfaceBody, source: Source): Declaration["methods"] {
  return body.map((member) => {
    const name = "key" in member ? signature(source, member.key.start, member.key.end) : "";
    return { name, signature: signature(source, member.start, member.end), doc: docBefore(member.start, source) };
  });
}

function defaultExport(
  { declaration, start }: ExportDefaultDeclaration,
  { source, locals }: { readonly source: Source; readonly locals: ReadonlyMap<string, Declaration> },
): Declaration {
  const known = declaration.type === "Identifier" ? locals.get(declaration.name) : undefined;
  if (known !== undefined) return { ...known, name: "default" };
  const doc = docBefore(start, source);
  if (declaration.type === "FunctionDeclaration") {
    const text = signature(source, declaration.start, declaration.body?.start ?? declaration.end);
    return { name: "default", kind: "function", signature: text, doc, methods: [] };
  }
  if (declaration.type === "ClassDeclaration") {
    const text = signature(source, declaration.start, declaration.body.start);
    return { name: "default", kind: "class", signature: text, doc, methods: methodsOf(declaration.body, source) };
  }
  return { name: "default", kind: "value", signature: "default", doc, methods: [] };
}

/** The text between two positions on one line, without comments. */
function signature({ text, comments }: Source, start: number, end: number): string {
  let shown = "";
  let at = start;
  for (const comment of comments) {
    if (comment.start < at || comment.end > end) continue;
    shown += text.slice(at, comment.start);
    at = comment.end;
  }
  shown += text.slice(at, end);
  return shown.replace(/\s+/g, " ").replace(/\( /g, "(").replace(/,? \)/g, ")").replace(/[;,]$/, "").trim();
}

function fileDoc({ body }: Program, source: Source): string {
  const [first] = body;
  const [comment] = source.comments;
  if (comment === undefined || (first !== undefined && comment.start > first.start)) return "";
  const isOfFirst = first !== undefined && docBefore(first.start, source) === docBefore(comment.end, source);
  const isImport = first?.type === "ImportDeclaration";
  return isOfFirst && !isImport ? "" : docBefore(comment.end, source);
}
