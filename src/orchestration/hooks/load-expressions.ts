import type { CompiledExpression, Variables } from "./expressions/expression.ts";

/** What reads expressions: see `compileExpression` of `expressions/expression.ts`. */
export interface Expressions {
  readonly compileExpression: (text: string, variables: Variables) => CompiledExpression;
}

/** Loads what reads expressions: it is large, and only whoever has hooks needs it. */
export async function loadExpressions(): Promise<Expressions> {
  return await import("./expressions/expression.ts");
}
