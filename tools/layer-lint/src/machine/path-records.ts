import { ts } from "ts-morph";
import type { MachineLaw } from "./fault.ts";
import { isHandedIn } from "./functions.ts";
import type { PathState } from "./path-state.ts";
import type { Machine } from "./step-lists.ts";
import type { CallNode } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, memberOf } from "./syntax.ts";
import type { Value } from "./values.ts";
import { memberValue, UNKNOWN } from "./values.ts";

/** Notes a fault. */
export type Note = (law: MachineLaw, node: ts.Node, message: string) => void;

/** Follows what is recorded as the result of a step: appended to a list of results, yielded, or told to a sink. */
export class RecordKeeper {
  readonly #machine: Machine;
  readonly #note: Note;

  constructor(machine: Machine, note: Note) {
    this.#machine = machine;
    this.#note = note;
  }

  /** Records what the expression stands for. */
  record(expression: ts.Expression, value: Value, state: PathState): PathState {
    const says = outcomeOf(value);
    if (says === "completed" && state.failed)
      this.#note("evidence-per-call", expression, "A failed step is recorded as completed");
    if (says === "completed" && state.performed === 0)
      this.#note("evidence-per-call", expression, "A step that was not performed is recorded as completed");
    return {
      ...state,
      recorded: new Set([...state.recorded, this.identity(expression)]),
      failed: state.failed || says === "failed",
    };
  }

  /** What tells one result from another: its name, if it has one. */
  identity(expression: ts.Expression): ts.Symbol | ts.Node {
    const node = bare(expression);
    return (ts.isIdentifier(node) && this.#machine.program.checker.getSymbolAtLocation(node)) || node;
  }

  /** `results[results.length] = result` and `results = [...results, result]` record, too. */
  appended(node: ts.BinaryExpression, state: PathState): PathState {
    const { words, program } = this.#machine;
    const isEvidence = (each: ts.Expression): boolean => words.isEvidence(program.checker.getTypeAtLocation(each));
    const target = bare(node.left);
    if (
      ts.isElementAccessExpression(target) &&
      words.isEvidenceList(program.checker.getTypeAtLocation(target.expression)) &&
      isEvidence(node.right)
    )
      return this.record(node.right, UNKNOWN, state);
    const right = bare(node.right);
    if (!ts.isArrayLiteralExpression(right) || !ts.isIdentifier(target)) return state;
    const [first, ...added] = right.elements;
    const keeps = first !== undefined && ts.isSpreadElement(first) && bare(first.expression).getText() === target.text;
    return keeps ? added.filter(isEvidence).reduce((at, each) => this.record(each, UNKNOWN, at), state) : state;
  }

  /** A call that appends to a list of results, or tells a sink. */
  builtIn(call: CallNode, values: readonly Value[], state: PathState): PathState {
    const { words, program } = this.#machine;
    const member = memberOf(bare(calleeOf(call)));
    const isList = member !== undefined && words.isEvidenceList(program.checker.getTypeAtLocation(member.object));
    const isSink = member === undefined || !isList ? isSinkCall(call, this.#machine) : false;
    if (!(isList && member.name === "push") && !isSink) return state;
    let after = state;
    for (const [index, argument] of argumentsOf(call).entries()) {
      if (isSink && !words.isEvidence(program.checker.getTypeAtLocation(argument))) continue;
      after = this.record(argument, values[index] ?? UNKNOWN, after);
    }
    return after;
  }
}

/** A function that was handed in and takes results, and gives nothing back. */
export function isSinkCall(call: CallNode, { program, words }: Machine): boolean {
  const { checker } = program;
  if (!ts.isCallExpression(call) || !isHandedIn(call, program)) return false;
  const takes = argumentsOf(call).some((argument) => words.isEvidence(checker.getTypeAtLocation(argument)));
  return takes && givesNothing(call, checker);
}

/** Whether the call returns nothing, or a promise of nothing. */
export function givesNothing(call: ts.Expression, checker: ts.TypeChecker): boolean {
  const type = checker.getTypeAtLocation(call);
  const awaited = checker.getAwaitedType(type) ?? type;
  return (awaited.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)) !== 0;
}

/** The members by which results say how their step ended. */
export const OUTCOME_MEMBERS = ["status", "success", "ok"] as const;

/** What a result says of its step. */
export function outcomeOf(value: Value): "completed" | "failed" | undefined {
  for (const name of OUTCOME_MEMBERS) {
    const member = memberValue(value, name);
    if (member.kind !== "literal") continue;
    if (typeof member.value === "boolean") return member.value ? "completed" : "failed";
    const text = String(member.value);
    if (/complet|succe|^ok$|done|pass/i.test(text)) return "completed";
    if (/fail|error|cancel|timeout|timed|abort|reject|skip/i.test(text)) return "failed";
  }
  return undefined;
}
