import { ts } from "ts-morph";
import { OUTCOME_MEMBERS } from "./path-records.ts";
import type { Machine } from "./step-lists.ts";
import { eachNode, memberOf } from "./syntax.ts";

/** The names of members that conditions look at, and those by which a result says how its step ended. */
export function askedMembers({ program }: Machine): Set<string> {
  const names = new Set<string>(OUTCOME_MEMBERS);
  const ask = (condition: ts.Node): void => {
    const member = memberOf(condition);
    if (member?.name !== undefined) names.add(member.name);
    if (ts.isIdentifier(condition)) names.add(condition.text); // a member that was taken out of its object
    ts.forEachChild(condition, ask);
  };
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isSwitchStatement(node)) ask(node.expression);
      if (ts.isConditionalExpression(node)) ask(node.condition);
      if (ts.isBinaryExpression(node) && /^(&&|\|\||\?\?)$/.test(node.operatorToken.getText())) ask(node.left);
      // What a function says of what it is given is a condition where the function is called.
      const answers = isAnswer(node);
      if (answers !== undefined) ask(answers);
    });
  }
  return names;
}

/** A comparison or negation that is given back, or kept under a name. */
function isAnswer(node: ts.Node): ts.Expression | undefined {
  const value = ts.isArrowFunction(node)
    ? node.body
    : ts.isReturnStatement(node)
      ? node.expression
      : ts.isVariableDeclaration(node)
        ? node.initializer
        : undefined;
  if (value === undefined) return undefined;
  const isQuestion =
    (ts.isBinaryExpression(value) && /^([!=]==?|&&|\|\|)$/.test(value.operatorToken.getText())) ||
    (ts.isPrefixUnaryExpression(value) && value.operator === ts.SyntaxKind.ExclamationToken);
  return isQuestion ? value : undefined;
}
