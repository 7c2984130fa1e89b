import { HOOK_LIMITS } from "#model";
import type { CelExpression } from "./cel-expression.ts";
import { partsOf } from "./cel-expression.ts";

/** Why an expression is larger than one may be; undefined if it is not. One macro inside another would cost their product. */
export function tooLarge(expression: CelExpression): string | undefined {
  let nodes = 0;
  const rest = [{ expression, depth: 1, inMacro: false }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { depth } = next;
    const macro = next.expression.exprKind.case === "comprehensionExpr";
    nodes += 1;
    if (nodes > HOOK_LIMITS.expressionNodes) return `has more than ${HOOK_LIMITS.expressionNodes} parts`;
    if (depth > HOOK_LIMITS.expressionDepth) return `is nested deeper than ${HOOK_LIMITS.expressionDepth} levels`;
    if (macro && next.inMacro) return "has one of all, exists, exists_one, filter, map inside another; keep one";
    const inMacro = next.inMacro || macro;
    rest.push(...partsOf(next.expression).map((part) => ({ expression: part, depth: depth + 1, inMacro })));
  }
  return undefined;
}
