import type { parse } from "@bufbuild/cel";

/** A node of a parsed expression. The package does not export its name. */
export type CelExpression = ReturnType<typeof parse>["expr"];

/** What stands in a node, by its case. */
export type CelPart<Case extends CelExpression["exprKind"]["case"]> = Extract<
  CelExpression["exprKind"],
  { readonly case: Case }
>["value"];

/** The nodes right below a node; those that are missing in what the parser made are left out. */
export function partsOf({ exprKind }: CelExpression): readonly CelExpression[] {
  switch (exprKind.case) {
    case "selectExpr":
      return present([exprKind.value.operand]);
    case "callExpr":
      return present([exprKind.value.target, ...exprKind.value.args]);
    case "listExpr":
      return exprKind.value.elements;
    case "structExpr":
      return present(exprKind.value.entries.map(({ value }) => value));
    case "comprehensionExpr": {
      const { accuInit, iterRange, loopCondition, loopStep, result } = exprKind.value;
      return present([accuInit, iterRange, loopCondition, loopStep, result]);
    }
    default:
      return [];
  }
}

function present(parts: readonly (CelExpression | undefined)[]): readonly CelExpression[] {
  return parts.filter((part) => part !== undefined);
}
