import { makeCompiler } from "./compile-term.ts";
import { readDirectives } from "./directives.ts";
import type { Facts } from "./facts.ts";
import { readGlobals } from "./free-names.ts";
import { readBuiltinUses, readHidden, readOpaque } from "./hidden.ts";
import { guessImports, readImports } from "./imports.ts";
import { scopesOf } from "./scopes.ts";
import { countCodeLines, readAmbient, readExports, readStatements, readTypes } from "./shape.ts";
import type { Spot } from "./syntax.ts";
import { parse } from "./syntax.ts";
import { readCalls, readUses } from "./uses.ts";

/** Reads all facts of a text. `file` says only what kind of text it is. */
export function readFacts(file: string, text: string): Facts {
  if (isTooDeep(text)) return unreadable(`it is nested deeper than ${MAX_NESTING} levels`);
  const syntax = parse(file, text);
  const scopes = scopesOf(syntax);
  const compiler = makeCompiler(scopes);
  const reading = { syntax, scopes, compiler };
  const { uses, hidden } = readUses(reading);
  const jsx = syntax.nodes.find(({ type }) => type === "JSXElement" || type === "JSXFragment");
  return {
    ...(jsx === undefined ? {} : { jsx: syntax.spot(jsx.start) }),
    errors: syntax.errors,
    imports: [
      ...readDirectives(syntax),
      ...(syntax.program.body.length === 0 && syntax.errors.length > 0
        ? guessImports(syntax)
        : readImports(syntax, scopes)),
    ],
    uses,
    calls: readCalls(reading, uses),
    hidden: [...hidden, ...readHidden(reading)].sort(bySpot),
    opaque: readOpaque(reading),
    globals: readGlobals(syntax, scopes),
    builtinUses: readBuiltinUses(reading),
    exports: readExports(syntax, reading),
    ambient: readAmbient(syntax),
    statements: readStatements(syntax),
    ...readTypes(syntax),
    codeLines: countCodeLines(syntax),
  };
}

/** Brackets inside of each other; the parser would run out of stack at some depth, and take the process along. */
const MAX_NESTING = 2000;

/** By brackets and signs alone, wherever they stand: no text that a person wrote comes near. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 40 || code === 91 || code === 123) {
      if (++depth > MAX_NESTING) return true;
    } else if ((code === 41 || code === 93 || code === 125) && depth > 0) depth--;
  }
  return /(?:[!~+-]\s*){2000}/.test(text);
}

/** What can be said of a file that is no text. */
export function unreadable(message: string): Facts {
  return {
    errors: [{ line: 1, column: 1, message }],
    imports: [],
    uses: [],
    calls: [],
    hidden: [],
    opaque: [],
    globals: [],
    builtinUses: [],
    exports: [],
    ambient: { globals: [], modules: [] },
    statements: [],
    types: [],
    aliases: [],
    claims: [],
    codeLines: 0,
  };
}

function bySpot(a: Spot, b: Spot): number {
  return a.line - b.line || a.column - b.column;
}
