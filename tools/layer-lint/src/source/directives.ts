import type { Comment } from "oxc-parser";
import type { LiteralImport } from "./facts.ts";
import type { Syntax } from "./syntax.ts";

const TYPES = { typeOnly: true, inlineType: false, names: [{ name: "*", as: "*" }] } as const;

/** What comments load: `/// <reference ...>`, the JSX pragma, and in JavaScript the types of JSDoc. */
export function readDirectives(syntax: Syntax): LiteralImport[] {
  const { program, comments } = syntax;
  const first = program.body[0]?.start ?? Infinity;
  const leading = comments.filter((comment) => comment.end <= first);
  return [
    ...leading.flatMap((comment) => [...ofReference(comment, syntax), ...ofPragma(comment, syntax)]),
    ...(syntax.language === "jsx" || syntax.language === "js"
      ? comments.flatMap((comment) => ofJsDoc(comment, syntax))
      : []),
  ];
}

const REFERENCE = /^\/\s*<reference\s+[^>]*?\b(?<kind>path|types)\s*=\s*(?<quote>["'])(?<specifier>.*?)\k<quote>/;

function ofReference({ type, value, start }: Comment, { spot }: Syntax): LiteralImport[] {
  const found = type === "Line" ? REFERENCE.exec(value) : null;
  const specifier = found?.groups?.["specifier"];
  if (specifier === undefined) return [];
  return [{ ...TYPES, ...spot(start), form: "reference", specifier }];
}

function ofPragma({ value, start }: Comment, { spot, language }: Syntax): LiteralImport[] {
  const name = /@jsxImportSource\s+([^\s*]+)/.exec(value)?.[1];
  if (name === undefined || (language !== "tsx" && language !== "jsx")) return [];
  return [{ ...TYPES, ...spot(start), form: "jsx", typeOnly: false, specifier: `${name}/jsx-runtime` }];
}

const JSDOC_TYPE = /\bimport\(\s*(["'])(.*?)\1\s*\)/g;
const JSDOC_IMPORT = /@import\b[^@]*?\bfrom\s*(["'])(.*?)\1/g;

/** Only inside of braces is `import("x")` a type; everywhere else it is an example. */
function ofJsDoc({ type, value, start }: Comment, { spot }: Syntax): LiteralImport[] {
  if (type !== "Block" || !value.startsWith("*")) return [];
  const found: LiteralImport[] = [];
  const add = (specifier: string, at: number): void => {
    found.push({ ...TYPES, ...spot(start + 2 + at), form: "jsdoc", specifier });
  };
  for (const { at, text } of braced(value))
    for (const match of text.matchAll(JSDOC_TYPE)) add(match[2] ?? "", at + match.index);
  for (const match of value.matchAll(JSDOC_IMPORT)) add(match[2] ?? "", match.index);
  return found.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** The parts of a comment in braces that follow a tag. */
function braced(value: string): { readonly at: number; readonly text: string }[] {
  const parts: { at: number; text: string }[] = [];
  for (const { index, 0: tag } of value.matchAll(/@\w+\s*\{/g)) {
    let depth = 0;
    for (let at = index + tag.length - 1; at < value.length; at++) {
      if (value[at] === "{") depth++;
      if (value[at] === "}" && --depth === 0) {
        parts.push({ at: index, text: value.slice(index, at) });
        break;
      }
    }
  }
  return parts;
}
