import type { Change, Mutant } from "./mutant.ts";

/** Mistakes in the checker that would let a machine layer break a law unseen. */
export const LINT_MUTANTS: readonly Mutant[] = [
  blind("lint-takes-any-place-for-the-own-step", "EXEC-001", {
    file: "own-step.ts",
    change: [
      "if (isAtOwnPlace(step, turn)) return true;",
      "if (ts.isElementAccessExpression(step) || isAtOwnPlace(step, turn)) return true;",
    ],
    table: "in-order",
  }),
  blind("lint-takes-a-second-push-of-a-result-for-one", "EXEC-002", {
    file: "path-records.ts",
    change: ["!known.into.isDisjointFrom(into)", "known.into.isDisjointFrom(into)"],
    table: "evidence-per-call",
  }),
  blind("lint-forgets-the-failure-in-the-next-round", "EXEC-003", {
    file: "path-rounds.ts",
    change: ["afterFailure ?? (failed ? way : undefined)", "afterFailure"],
    table: "stop-on-failure",
  }),
  blind("lint-forgets-what-a-condition-said", "EXEC-003", {
    file: "path-conditions.ts",
    change: ["return knowing(state, path.symbol, deepened(before, path.names, value));", "return state;"],
    table: "stop-on-failure",
  }),
  blind("lint-lets-health-be-a-key", "EXEC-004", {
    file: "health-decisions.ts",
    change: ["return [node.argumentExpression];", "return [];"],
    table: "read-only",
  }),
  blind("lint-lets-tables-decide", "EXEC-005", {
    file: "decisions.ts",
    change: ["if (!isText) return true;", "if (!isText) return false;"],
    table: "decisions",
  }),
  blind("lint-lets-a-ceiling-be-handed-in", "EXEC-005", {
    file: "decisions.ts",
    change: ["return !isHandedParameter(declaration, machine);", "return true;"],
    table: "decisions",
  }),
  blind("lint-overlooks-decorators-of-what-performs", "EXEC-006", {
    file: "performing.ts",
    change: [
      "isFunctionNode(member) && functions.carriers.has(member)",
      "isFunctionNode(member) && !functions.carriers.has(member)",
    ],
    table: "call-once",
  }),
];

/** A mutant of one file of the machine laws that the table of one of them has to notice. */
function blind(
  name: string,
  breaks: string,
  {
    file,
    change: [search, replace],
    table,
  }: { readonly file: string; readonly change: Change; readonly table: string },
): Mutant {
  return {
    name,
    breaks,
    edits: [{ file: `tools/layer-lint/src/machine/${file}`, search, replace }],
    watch: { tests: [`tools/layer-lint/test/machine-laws/${table}.test.ts`] },
  };
}
