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
    declarationsOf(source).flatMap((node): Fault[] => {
      const original = known.get(shapeOf(node));
      return original === undefined
        ? []
        : [
            {
              law: "cannot-reach",
              node,
              message: `This is code of ${original} under other names: a copy of policy is policy`,
            },
          ];
    }),
  );
}

/** Classes and functions of some size. */
function declarationsOf(source: ts.SourceFile): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    const isDeclaration = ts.isClassLike(node) || isFunctionNode(node);
    if (isDeclaration && tokensOf(node).length >= MIN_TOKENS) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The kinds of the tokens, with texts and numbers, and each name by the place where it comes first. */
function shapeOf(node: ts.Node): string {
  const names = new Map<string, number>();
  return tokensOf(node)
    .map((token) => {
      if (ts.isIdentifier(token) || ts.isPrivateIdentifier(token)) {
        if (!names.has(token.text)) names.set(token.text, names.size);
        return `#${names.get(token.text)}`;
      }
      return ts.isLiteralExpression(token) ? JSON.stringify(token.text) : String(token.kind);
    })
    .join(" ");
}

/** Names, texts and operators, without what says who may see a declaration. */
function tokensOf(node: ts.Node): ts.Node[] {
  const tokens: ts.Node[] = [];
  const visit = (at: ts.Node): void => {
    const children = at.getChildren();
    const isHidden =
      at.kind === ts.SyntaxKind.ExportKeyword || at.kind === ts.SyntaxKind.DefaultKeyword || ts.isJSDoc(at);
    if (isHidden) return;
    if (children.length === 0) tokens.push(at);
    for (const child of children) visit(child);
  };
  visit(node);
  return tokens;
}
