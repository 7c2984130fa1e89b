import type { Entity, HookSet } from "#model";
import { Fault } from "#model";
import { conditionVariables } from "./condition-variables.ts";
import type { Expression } from "./expressions/expression.ts";
import { loadExpressions } from "./load-expressions.ts";

/** A set of hooks, ready to be asked. */
export interface CompiledHooks {
  readonly set: HookSet;
  /** Conditions by the names of hooks that have one. */
  readonly conditions: ReadonlyMap<string, Expression>;
  /** Filters by the names of jobs that have one. */
  readonly filters: ReadonlyMap<string, Expression>;
}

/** Makes the expressions of a set ready. @throws {Fault} INVALID_CONFIGURATION if it is none that a file was read to. */
export async function compileHooks(set: HookSet): Promise<CompiledHooks> {
  const { compileExpression } = await loadExpressions();
  const compiled = (what: string, text: string, variables: ReadonlyMap<string, Entity>): Expression => {
    const result = compileExpression(text, variables);
    if ("expression" in result) return result.expression;
    throw new Fault("INVALID_CONFIGURATION", `The expression of ${what} ${result.problems.join("; ")}.`);
  };
  const conditions = new Map<string, Expression>();
  for (const { name, entity, operation, condition } of set.hooks) {
    if (condition === undefined) continue;
    const variables = conditionVariables(operation).map((variable) => [variable, entityOf(set, entity)] as const);
    conditions.set(name, compiled(name, condition, new Map(variables)));
  }
  const filters = new Map<string, Expression>();
  for (const { name, filter, input, resolved } of set.jobs.values()) {
    if (filter === undefined) continue;
    const variables = { record: entityOf(set, resolved), trigger: entityOf(set, input) };
    filters.set(name, compiled(name, filter, new Map(Object.entries(variables))));
  }
  return { set, conditions, filters };
}

/** An entity that a set has. @throws {Fault} INVALID_CONFIGURATION if it has not. */
export function entityOf({ entities }: HookSet, name: string): Entity {
  const entity = entities.get(name);
  if (entity === undefined) throw new Fault("INVALID_CONFIGURATION", `The hooks know no entity ${name}.`);
  return entity;
}
