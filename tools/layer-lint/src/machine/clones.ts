import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import type { Machine } from "./step-lists.ts";
import { isFunctionNode } from "./syntax.ts";

/** Declarations below this size look alike by chance. */
const MIN_TOKENS = 40;

/** EXEC-005 for policy that was copied instead of imported: the same code under other names. */
export function cloneFaults({ program }: Machine, sealed: readonly string[]): Fault[] {
  const known = new Map<string, string>();
  for (const file of sealed) {
    const text = readFileSync(join(program.project.root, file), "utf8");
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    for (const declaration of declarationsOf(source)) known.set(shapeOf(declaration), file);
  }
  return program.files.flatMap((source) =>
    declarationsOf(source).flatMap((declaration): Fault[] => {
      const original = known.get(shapeOf(declaration));
      return original === undefined
        ? []
        : [
            {
              law: "cannot-reach",
              node: declaration.node,
              message: `This is code of ${original} under other names: a copy of policy is policy`,
            },
          ];
    }),
  );
}

interface Declaration {
  readonly node: ts.Node;
  readonly tokens: readonly ts.Node[];
}

/** Classes and functions of some size. */
function declarationsOf(source: ts.SourceFile): Declaration[] {
  const tokens: ts.Node[] = [];
  const found: Declaration[] = [];
  const visit = (node: ts.Node): void => {
    if (isHidden(node)) return;
    const first = tokens.length;
    const children = node.getChildren(source);
    if (children.length === 0) tokens.push(node);
    for (const child of children) visit(child);
    const isLarge = tokens.length - first >= MIN_TOKENS;
    if (isLarge && (ts.isClassLike(node) || isFunctionNode(node))) found.push({ node, tokens: tokens.slice(first) });
  };
  visit(source);
  return found;
}

/** What says who may see a declaration, and what is said about it. */
function isHidden(node: ts.Node): boolean {
  return node.kind === ts.SyntaxKind.ExportKeyword || node.kind === ts.SyntaxKind.DefaultKeyword || ts.isJSDoc(node);
}

/** The kinds of the tokens, with texts and numbers, and each name by the place where it comes first. */
function shapeOf({ tokens }: Declaration): string {
  const names = new Map<string, number>();
  return tokens
    .map((token) => {
      if (ts.isIdentifier(token) || ts.isPrivateIdentifier(token)) {
        if (!names.has(token.text)) names.set(token.text, names.size);
        return `#${names.get(token.text)}`;
      }
      return ts.isLiteralExpression(token) ? JSON.stringify(token.text) : String(token.kind);
    })
    .join(" ");
}
