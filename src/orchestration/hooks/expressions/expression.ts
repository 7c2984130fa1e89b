import { celEnv, CelScalar, isCelError, mapType, parse, plan } from "@bufbuild/cel";
import type { CelInput } from "@bufbuild/cel";
import type { Entity, EntityRecord, FieldType } from "#model";
import { HOOK_LIMITS } from "#model";
import type { CelExpression } from "./cel-expression.ts";
import { tooLarge } from "./expression-size.ts";
import { recordValue } from "./record-value.ts";
import type { ReadTimestamp } from "./record-value.ts";
import { typeOfExpression } from "./type-of-expression.ts";
import type { TypedExpression } from "./type-of-expression.ts";
import { typeName } from "./value-type.ts";

/** The records that an expression is asked over, by variable; undefined = not known. */
export type Bindings = Readonly<Record<string, EntityRecord | undefined>>;

/** Yes or no, or why it cannot be told. */
export type Answer = { readonly holds: boolean } | { readonly problem: string };

/** A condition or a filter that was checked. */
export interface Expression {
  /** Never throws. */
  evaluate(bindings: Bindings): Answer;
}

/** An expression, or all that is wrong with it. */
export type CompiledExpression = { readonly expression: Expression } | { readonly problems: readonly string[] };

/** Entities by the variables that stand for their records. */
export type Variables = ReadonlyMap<string, Entity>;

/**
 * Reads a CEL expression that says yes or no over records, and checks it by the declared types of their fields: whatever can be known to
 * fail is refused here. Never throws, and is done in a time that the bounds of {@link HOOK_LIMITS} limit.
 */
export function compileExpression(text: string, variables: Variables): CompiledExpression {
  const parsed = parsedExpression(text);
  if ("problem" in parsed) return { problems: [parsed.problem] };
  const typed = typeOfExpression(
    parsed.ast,
    new Map([...variables].map(([name, entity]) => [name, typeOf(name, entity)])),
  );
  const problems = [...typed.problems, ...typed.patterns.flatMap(patternProblem)];
  if (problems.length > 0) return { problems };
  if (typed.type !== "bool" && typed.type !== "dyn")
    return { problems: [`gives ${typeName(typed.type)}; it has to give true or false`] };
  return { expression: planned(parsed.ast, { typed, variables }) };
}

function typeOf(
  variable: string,
  { name, fields }: Entity,
): { variable: string; entity: string; fields: Entity["fields"] } {
  return { variable, entity: name, fields };
}

function parsedExpression(text: string): { readonly ast: CelExpression } | { readonly problem: string } {
  const most = HOOK_LIMITS.expressionCharacters;
  if (text.length > most) return { problem: `has ${text.length} characters; at most ${most} are allowed` };
  const brackets = text.split(/[([{]/).length - 1;
  if (brackets > HOOK_LIMITS.expressionBrackets)
    return { problem: `has ${brackets} opening brackets; at most ${HOOK_LIMITS.expressionBrackets} are allowed` };
  try {
    const ast = parse(text).expr;
    const problem = tooLarge(ast);
    return problem === undefined ? { ast } : { problem };
  } catch (error) {
    if (error instanceof RangeError) return { problem: "is nested too deep" }; // a stack overflow: the parser goes down as deep as the text
    return { problem: `is no expression: ${syntaxProblem(error)}` };
  }
}

function syntaxProblem(error: unknown): string {
  if (!(error instanceof Error)) return "it cannot be read";
  const { rawMessage, location } = error as { rawMessage?: string; location?: { start?: { column?: number } } }; // what the parser throws; all of it may be missing
  const column = location?.start?.column;
  return `${rawMessage ?? error.message}${column === undefined ? "" : ` at character ${column}`}`;
}

/** A pattern is tried once, so that a wrong one is told with the file. */
function patternProblem(pattern: string): readonly string[] {
  const said = plan(celEnv(), parse(`"".matches(${JSON.stringify(pattern)})`).expr)();
  return isCelError(said) ? [`has a pattern that is none: ${said.message}`] : [];
}

const RECORD = mapType(CelScalar.STRING, CelScalar.DYN);

function planned(
  ast: CelExpression,
  { typed, variables }: { readonly typed: TypedExpression; readonly variables: Variables },
): Expression {
  const looked = new Map([...typed.fields].map(([name, fields]) => [name, lookedAt(fields, variables.get(name))]));
  const environment = celEnv({ variables: Object.fromEntries([...variables.keys()].map((name) => [name, RECORD])) });
  const run = plan(environment, ast);
  return {
    evaluate(bindings) {
      const missing = [...looked.keys()].filter((name) => bindings[name] === undefined);
      try {
        const values: Record<string, CelInput> = {};
        for (const [name, fields] of looked) {
          const record = bindings[name];
          if (record !== undefined) values[name] = recordValue(record, fields, readTimestamp);
        }
        const said = run(values as Parameters<typeof run>[0]); // each a map of names to values
        if (typeof said === "boolean") return { holds: said };
        return { problem: isCelError(said) ? evaluationProblem(said, missing) : "it gives neither true nor false" };
      } catch (error) {
        return { problem: error instanceof Error ? error.message : "it cannot be evaluated" };
      }
    },
  };
}

function lookedAt(names: ReadonlySet<string>, entity: Entity | undefined): ReadonlyMap<string, FieldType> {
  return new Map([...(entity?.fields ?? [])].filter(([name]) => names.has(name)));
}

function evaluationProblem({ message }: Error, missing: readonly string[]): string {
  return missing.length === 0 ? message : `${message}; not known of this change: ${missing.join(", ")}`;
}

const TIMESTAMP = plan(celEnv({ variables: { text: CelScalar.STRING } }), parse("timestamp(text)").expr);

const readTimestamp: ReadTimestamp = (text) => {
  const said = TIMESTAMP({ text });
  if (isCelError(said)) throw said;
  return said;
};
