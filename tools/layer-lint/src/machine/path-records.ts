import { ts } from "ts-morph";
import { LAST } from "./built-ins.ts";
import type { MachineLaw } from "./fault.ts";
import { isHandedIn, symbolOf } from "./functions.ts";
import type { PathState, Recorded } from "./path-state.ts";
import { knowing, passing } from "./path-state.ts";
import type { Machine } from "./step-lists.ts";
import type { CallNode } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, memberOf, unfrozen } from "./syntax.ts";
import type { Value } from "./values.ts";
import { memberValue, UNKNOWN, withMember } from "./values.ts";
import { WaitingRecords } from "./waiting-records.ts";
import { constituents } from "./vocabulary.ts";

/** Notes a fault. */
export type Note = (law: MachineLaw, node: ts.Node, message: string) => void;

/** Follows what is recorded as the result of a step: appended to a list of results, yielded, or told to a sink. */
export class RecordKeeper {
  readonly #machine: Machine;
  readonly #note: Note;
  readonly waiting: WaitingRecords;

  constructor(machine: Machine, note: Note) {
    this.#machine = machine;
    this.#note = note;
    this.waiting = new WaitingRecords(machine);
  }

  /** Records what the expression stands for, into a list or a sink. */
  record({ expression, value, into }: Entry, state: PathState): PathState {
    const says = outcomeOf(value);
    const entry = { at: expression, into: new Set([into]), value, isEarly: state.performed === 0 };
    const waiting = this.waiting.added(into, expression, state);
    const kept = "escapedName" in into ? knowing(waiting, into, withMember(UNKNOWN, LAST, value)) : waiting;
    return {
      ...passing(kept, expression),
      recorded: this.joined(state, new Map([[this.identity(expression), entry]])),
      failed: state.failed || says === "failed",
    };
  }

  /** What was recorded so far, and what comes to it; a result may go to several places, to each of them once. */
  joined(state: PathState, added: Recorded): Recorded {
    const all = new Map(state.recorded);
    for (const [result, entry] of added) {
      const { at, into } = entry;
      const says = outcomeOf(entry.value);
      const isEarly = entry.isEarly && state.performed === 0;
      if (says === "completed" && state.failed)
        this.#note("evidence-per-call", at, "A failed step is recorded as completed");
      if (says === "completed" && isEarly && state.isTurn === true)
        this.#note("evidence-per-call", at, "A step that was not performed is recorded as completed");
      const known = all.get(result);
      if (known !== undefined && !known.into.isDisjointFrom(into))
        this.#note("evidence-per-call", at, "The same result is recorded a second time");
      all.set(result, {
        ...entry,
        at: known?.at ?? at,
        into: known === undefined ? into : known.into.union(into),
        isEarly,
      });
    }
    return all;
  }

  /** What tells one result, or one list, from another: its name, if it has one. */
  identity(expression: ts.Expression): ts.Symbol | ts.Node {
    const node = bare(expression);
    const isNamed = ts.isIdentifier(node) || ts.isPropertyAccessExpression(node);
    return (isNamed && symbolOf(this.#machine.program.checker, node)) || node;
  }

  /** `results[results.length] = result` and `results = [...results, result]` record, too. */
  appended(
    node: ts.BinaryExpression,
    { value, state }: { readonly value: Value; readonly state: PathState },
    valueOf: (expression: ts.Expression, state: PathState) => Value,
  ): PathState {
    const { words, program } = this.#machine;
    const target = bare(node.left);
    if (
      ts.isElementAccessExpression(target) &&
      words.isEvidenceList(program.checker.getTypeAtLocation(target.expression)) &&
      isResult(node.right, this.#machine)
    )
      return this.record({ expression: node.right, value, into: this.identity(target.expression) }, state);
    const right = unfrozen(node.right);
    if (!ts.isArrayLiteralExpression(right)) return state;
    const [first, ...added] = right.elements;
    const keeps =
      first !== undefined && ts.isSpreadElement(first) && bare(first.expression).getText() === target.getText();
    if (!keeps) return state;
    return added
      .filter((each) => isResult(each, this.#machine))
      .reduce(
        (at, expression) =>
          this.record({ expression, value: valueOf(expression, at), into: this.identity(target) }, at),
        state,
      );
  }

  /** A call that appends to a list of results, or tells a sink. */
  builtIn(call: CallNode, values: readonly Value[], state: PathState): PathState {
    const { words, program } = this.#machine;
    const member = memberOf(bare(calleeOf(call)));
    const isList = member !== undefined && words.isEvidenceList(program.checker.getTypeAtLocation(member.object));
    const isSink = !isList && isSinkCall(call, this.#machine);
    if (!(isList && member.name === "push") && !isSink) return state;
    let after = state;
    for (const [index, argument] of argumentsOf(call).entries()) {
      if (isSink && !isResult(argument, this.#machine)) continue;
      const into = this.identity(isList ? member.object : calleeOf(call));
      after = this.record({ expression: argument, value: values[index] ?? UNKNOWN, into }, after);
    }
    return after;
  }
}

/** A result on its way into a list or a sink. */
export interface Entry {
  readonly expression: ts.Expression;
  readonly value: Value;
  /** The list or sink, or the generator that yields it. */
  readonly into: ts.Symbol | ts.Node;
}

/** Whether the expression is a result: by its own type, or, where it is written down, by what is expected there. */
export function isResult(expression: ts.Expression, { program, words }: Pick<Machine, "program" | "words">): boolean {
  const { checker } = program;
  const type = checker.getTypeAtLocation(expression);
  const awaited = checker.getAwaitedType(type) ?? type;
  if (words.isEvidence(awaited)) return true;
  const expected = checker.getContextualType(expression);
  if (expected === undefined) return false;
  const parts = constituents(checker.getNonNullableType(expected));
  return parts.some(
    (each) => words.isEvidence(each) && (parts.length === 1 || checker.isTypeAssignableTo(awaited, each)),
  );
}

/** A function that was handed in and takes results, and gives nothing back. */
export function isSinkCall(call: CallNode, machine: Machine): boolean {
  const { program } = machine;
  if (!ts.isCallExpression(call) || !isHandedIn(call, program)) return false;
  return argumentsOf(call).some((each) => isResult(each, machine)) && givesNothing(call, program.checker);
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
