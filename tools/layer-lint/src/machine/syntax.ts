import { ts } from "ts-morph";

/** A function that has a body. */
export type FunctionNode = ts.FunctionLikeDeclaration & { readonly body: ts.FunctionBody | ts.Expression };
/** What code belongs to: a function, or the module as a whole. */
export type Owner = FunctionNode | ts.SourceFile;
/** An expression that calls something. */
export type CallNode = ts.CallExpression | ts.NewExpression | ts.TaggedTemplateExpression;

/** Calls `visitor` for every node below `node`, parents first. */
export function eachNode(node: ts.Node, visitor: (node: ts.Node) => void): void {
  ts.forEachChild(node, (child) => {
    visitor(child);
    eachNode(child, visitor);
  });
}

/** Calls `visitor` for what belongs to `node` itself: it does not go into functions inside. */
export function eachOwnNode(node: ts.Node, visitor: (node: ts.Node) => void): void {
  ts.forEachChild(node, (child) => {
    visitor(child);
    if (!isFunctionNode(child)) eachOwnNode(child, visitor);
  });
}

/** Whether the node is a function with a body. */
export function isFunctionNode(node: ts.Node): node is FunctionNode {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

/** Whether the node calls something. */
export function isCallNode(node: ts.Node): node is CallNode {
  return ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node);
}

/** What the call calls. */
export function calleeOf(call: CallNode): ts.Expression {
  return ts.isTaggedTemplateExpression(call) ? call.tag : call.expression;
}

/** What the call hands over, without spreads taken apart. */
export function argumentsOf(call: CallNode): readonly ts.Expression[] {
  return ts.isTaggedTemplateExpression(call) ? [] : (call.arguments ?? []);
}

/** The function, or the module, that the node belongs to. */
export function ownerOf(node: ts.Node): Owner {
  let at = node.parent;
  while (!isFunctionNode(at) && !ts.isSourceFile(at)) at = at.parent;
  return at;
}

/** The expression without parentheses, casts and `!` around it. */
export function bare(node: ts.Expression): ts.Expression {
  let at = node;
  while (
    ts.isParenthesizedExpression(at) ||
    ts.isAsExpression(at) ||
    ts.isTypeAssertionExpression(at) ||
    ts.isSatisfiesExpression(at) ||
    ts.isNonNullExpression(at)
  )
    at = at.expression;
  return at;
}

/** The outermost expression that is the same value: the parentheses, casts and `!` around `node` with it. */
export function wrapped(node: ts.Expression): ts.Expression {
  let at = node;
  while (
    ts.isParenthesizedExpression(at.parent) ||
    ts.isAsExpression(at.parent) ||
    ts.isTypeAssertionExpression(at.parent) ||
    ts.isSatisfiesExpression(at.parent) ||
    ts.isNonNullExpression(at.parent)
  )
    at = at.parent;
  return at;
}

/** The expression without `Object.freeze` around it, which gives back the very thing that it is given. */
export function unfrozen(node: ts.Expression): ts.Expression {
  let at = bare(node);
  for (;;) {
    const [given] = ts.isCallExpression(at) && at.expression.getText() === "Object.freeze" ? at.arguments : [];
    if (given === undefined) return at;
    at = bare(given);
  }
}

/** The object and the name of `object.name` or `object["name"]`; the name is undefined if it is computed. */
export function memberOf(
  node: ts.Node,
): { readonly object: ts.Expression; readonly name: string | undefined } | undefined {
  if (ts.isPropertyAccessExpression(node)) return { object: node.expression, name: node.name.text };
  if (!ts.isElementAccessExpression(node)) return undefined;
  const key = bare(node.argumentExpression);
  return { object: node.expression, name: ts.isStringLiteralLike(key) ? key.text : undefined };
}

/** The expression at which a chain of members begins: `a` of `a.b[0].c()`. */
export function rootOf(node: ts.Expression): ts.Expression {
  let at = bare(node);
  for (;;) {
    if (ts.isPropertyAccessExpression(at) || ts.isElementAccessExpression(at)) at = bare(at.expression);
    else if (ts.isCallExpression(at) && memberOf(bare(at.expression)) !== undefined) at = bare(at.expression);
    else return at;
  }
}

const ASSIGNMENTS = { first: ts.SyntaxKind.FirstAssignment, last: ts.SyntaxKind.LastAssignment };

/** Whether the node assigns: `=`, `+=` and their like. */
export function isAssignment(node: ts.Node): node is ts.AssignmentExpression<ts.AssignmentOperatorToken> {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind >= ASSIGNMENTS.first && kind <= ASSIGNMENTS.last;
}

/** The expression that the node writes to: by assignment, `++`, `--` or `delete`. */
export function writtenBy(node: ts.Node): ts.Expression | undefined {
  if (isAssignment(node)) return node.left;
  if (ts.isDeleteExpression(node)) return node.expression;
  const isStep = ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node);
  if (!isStep) return undefined;
  const { operator } = node;
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken
    ? node.operand
    : undefined;
}

/** Whether the statement repeats what is in it. */
export function isLoop(node: ts.Node): node is ts.IterationStatement {
  return ts.isIterationStatement(node, false);
}

/** Members of arrays, maps and sets that change them. */
export const MUTATORS: ReadonlySet<string> = new Set(
  "push pop shift unshift splice sort reverse fill copyWithin set add delete clear".split(" "),
);
