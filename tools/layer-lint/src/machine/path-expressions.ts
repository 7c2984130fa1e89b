import { ts } from "ts-morph";
import { askedMembers } from "./asked-members.ts";
import { symbolOf } from "./functions.ts";
import { lastEntry } from "./built-ins.ts";
import { callValues } from "./path-calls.ts";
import { promised, thrownBy } from "./path-promises.ts";
import { condition, deepened, isSteady, pathOf } from "./path-conditions.ts";
import type { Fork } from "./path-conditions.ts";
import { objectValues } from "./path-objects.ts";
import { isResult, RecordKeeper } from "./path-records.ts";
import type { Flow, PathState, Valued } from "./path-state.ts";
import { distinct, distinctStates, knowing } from "./path-state.ts";
import type { Walk, WalkHooks } from "./path-walk.ts";
import type { Shared } from "./shared-names.ts";
import { sharedNames, writtenTargets } from "./shared-names.ts";
import type { Machine } from "./step-lists.ts";
import { bare, isAssignment, isCallNode, isFunctionNode, memberOf, ownerOf, rootOf, writtenBy } from "./syntax.ts";
import { isGivenBack } from "./turn-functions.ts";
import { valueOfType } from "./type-values.ts";
import type { Value } from "./values.ts";
import {
  computed,
  isRejected,
  isThere,
  isUnknown,
  literalValue,
  memberValue,
  truthOf,
  TRUTHY,
  FALSY,
  THERE,
  UNDEFINED,
  UNKNOWN,
  withMember,
} from "./values.ts";

/** Follows the paths through an expression: what it performs and records, and what is known of its value. */
export class ExpressionWalker implements Walk {
  readonly machine: Machine;
  readonly hooks: WalkHooks;
  readonly records: RecordKeeper;
  readonly asked: ReadonlySet<string>;
  readonly shared: Shared;

  constructor(machine: Machine, hooks: WalkHooks) {
    this.machine = machine;
    this.hooks = hooks;
    this.records = new RecordKeeper(machine, hooks.note);
    this.asked = askedMembers(machine);
    this.shared = sharedNames(machine);
  }

  all(node: ts.Expression, starts: readonly PathState[], flow: Flow): Valued[] {
    return distinct(starts.flatMap((state) => this.evaluate(node, state, flow)));
  }

  /** What a name is given: the promise of a step is not awaited yet, and nothing is thrown. */
  held(node: ts.Expression, starts: readonly PathState[], flow: Flow): Valued[] {
    const value = bare(node);
    if (!isCallNode(value) || !this.machine.functions.performs(value)) return this.all(node, starts, flow);
    return distinct(starts.flatMap((state) => promised(value, { state, flow }, this)));
  }

  states(node: ts.Expression, state: PathState, flow: Flow): PathState[] {
    return distinctStates(this.evaluate(node, state, flow).map((end) => end.state));
  }

  condition(node: ts.Expression, state: PathState, flow: Flow): Fork {
    return condition(node, { state, flow }, this);
  }

  /** The paths through an expression; of what they do not know, the type may still say something. */
  evaluate(expression: ts.Expression, state: PathState, flow: Flow): Valued[] {
    const node = bare(expression);
    const plain = this.#ends(node, state, flow);
    const ends = isGivenBack(node, this.machine) ? plain.map((end) => this.#givenBack(node, end)) : plain;
    if (!ends.some((end) => isUnknown(end.value))) return ends;
    const byType = this.#byType(node);
    return ends.map((end) => (isUnknown(end.value) ? { state: end.state, value: byType } : end));
  }

  /** What a function that is called for each step gives back is recorded so. */
  #givenBack(node: ts.Expression, { state, value }: Valued): Valued {
    return { state: this.records.record({ expression: node, value, into: ownerOf(node) }, state), value };
  }

  #ends(node: ts.Expression, state: PathState, flow: Flow): Valued[] {
    if (ts.isIdentifier(node))
      return [{ state: this.records.waiting.used(node, state), value: this.#named(node, state) }];
    const literal = literalOf(node);
    if (literal !== undefined) return [{ state, value: literal }];
    if (isFunctionNode(node) || ts.isClassExpression(node)) return [{ state, value: UNKNOWN }];
    if (ts.isAwaitExpression(node)) return this.#awaited(node, state, flow);
    if (ts.isArrayLiteralExpression(node) && isShort(node)) return this.#listed(node, state, flow);
    if (ts.isYieldExpression(node)) return this.#yield(node, state, flow);
    if (isCallNode(node)) return callValues(node, { state, flow }, this);
    if (ts.isConditionalExpression(node)) {
      const { yes, no } = this.condition(node.condition, state, flow);
      return [...this.all(node.whenTrue, yes, flow), ...this.all(node.whenFalse, no, flow)];
    }
    if (ts.isBinaryExpression(node)) return this.#binary(node, state, flow);
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      const { yes, no } = this.condition(node, state, flow);
      return [
        ...yes.map((each) => ({ state: each, value: literalValue(true) })),
        ...no.map((each) => ({ state: each, value: literalValue(false) })),
      ];
    }
    if (ts.isObjectLiteralExpression(node)) return objectValues(node, { state, flow }, this);
    if (writtenBy(node) !== undefined) return this.#counted(node, state, flow);
    const member = memberOf(node);
    const kept = member?.object.kind === ts.SyntaxKind.ThisKeyword ? pathOf(node, this) : undefined;
    if (kept !== undefined) return [{ state, value: state.known.get(kept.symbol) ?? UNKNOWN }];
    if (member !== undefined)
      return this.evaluate(member.object, state, flow).map((end) => ({
        state: end.state,
        value: this.#member(node, member.name, end),
      }));
    return this.#parts(node, state, flow);
  }

  /** What a rejected promise was rejected with is thrown here. */
  #awaited(node: ts.AwaitExpression, state: PathState, flow: Flow): Valued[] {
    const ends = this.evaluate(node.expression, state, flow);
    for (const end of ends.filter(({ value }) => isRejected(value)))
      flow.exits.push({ state: thrownBy(end), value: UNKNOWN, by: "throw", node });
    return ends.filter(({ value }) => !isRejected(value));
  }

  /** The entries of a pair or the like, by their places. */
  #listed(node: ts.ArrayLiteralExpression, state: PathState, flow: Flow): Valued[] {
    let lists: Valued[] = [{ state, value: { kind: "object", members: new Map() } }];
    for (const [index, element] of node.elements.entries())
      lists = lists.flatMap((list) =>
        this.evaluate(element, list.state, flow).map((end) => ({
          state: end.state,
          value: withMember(list.value, String(index), end.value),
        })),
      );
    return lists;
  }

  #member(node: ts.Expression, name: string | undefined, { state, value }: Valued): Value {
    if (name !== undefined) return memberValue(value, name);
    const place = ts.isElementAccessExpression(node) ? bare(node.argumentExpression) : undefined;
    const entry = place !== undefined && ts.isNumericLiteral(place) ? memberValue(value, place.text) : UNKNOWN;
    return entry === UNKNOWN ? lastEntry(node, state, this) : entry;
  }

  #named(node: ts.Identifier, state: PathState): Value {
    if (node.text === "undefined") return UNDEFINED;
    const symbol = this.machine.program.checker.getSymbolAtLocation(node);
    return (symbol && state.known.get(symbol)) ?? UNKNOWN;
  }

  /** What the type says here, or, of what may change out of turn, what it says at all times. */
  #byType(node: ts.Expression): Value {
    const { checker } = this.machine.program;
    const name = memberOf(node)?.name;
    const symbol = ts.isIdentifier(node) || name !== undefined ? symbolOf(checker, node) : undefined;
    const isOutOfTurn =
      symbol !== undefined && (name === undefined ? this.shared.names.has(symbol) : !isSteady(node, name, this));
    return valueOfType(isOutOfTurn ? checker.getTypeOfSymbol(symbol) : checker.getTypeAtLocation(node), checker);
  }

  /** Any other expression: its parts one after the other, its value unknown. */
  #parts(node: ts.Node, state: PathState, flow: Flow): Valued[] {
    let states = [state];
    ts.forEachChild(node, (child) => {
      if (isFunctionNode(child)) return;
      if (ts.isExpression(child)) states = states.flatMap((each) => this.states(child, each, flow));
      else if (!ts.isTypeNode(child))
        states = states.flatMap((each) => this.#parts(child, each, flow).map((end) => end.state));
    });
    return distinctStates(states).map((each) => ({ state: each, value: UNKNOWN }));
  }

  #binary(node: ts.BinaryExpression, state: PathState, flow: Flow): Valued[] {
    if (isAssignment(node)) return this.#assigned(node, state, flow);
    const operator = node.operatorToken.getText();
    if (operator === "&&" || operator === "||" || operator === "??")
      return this.#either({ operator, left: node.left, right: node.right }, state, flow);
    return this.evaluate(node.left, state, flow).flatMap((left) =>
      this.evaluate(node.right, left.state, flow).map((right) => ({
        state: right.state,
        value: operator === "," ? right.value : computed(operator, left.value, right.value),
      })),
    );
  }

  /** `a && b`, `a || b`, `a ?? b`. */
  #either({ operator, left, right }: Either, state: PathState, flow: Flow): Valued[] {
    if (operator === "??") {
      return this.evaluate(left, state, flow).flatMap((end) => {
        const there = isThere(end.value);
        // What is kept is there.
        const keep = there === false ? [] : [isUnknown(end.value) ? { ...end, value: THERE } : end];
        return there === true ? keep : [...keep, ...this.evaluate(right, end.state, flow)];
      });
    }
    const { yes, no } = this.condition(left, state, flow);
    const isAnd = operator === "&&";
    const stays = (isAnd ? no : yes).flatMap((each) => this.#again(left, { state: each, isTrue: !isAnd }));
    return [...stays, ...this.all(right, isAnd ? yes : no, flow)];
  }

  /** The value of the left side, which has been followed already. */
  #again(left: ts.Expression, { state, isTrue }: { readonly state: PathState; readonly isTrue: boolean }): Valued {
    const node = bare(left);
    const value = ts.isIdentifier(node) ? this.#named(node, state) : UNKNOWN;
    if (truthOf(value) === isTrue) return { state, value };
    return { state, value: isTrue ? TRUTHY : FALSY };
  }

  #assigned(node: ts.AssignmentExpression<ts.AssignmentOperatorToken>, state: PathState, flow: Flow): Valued[] {
    const operator = node.operatorToken.getText();
    const isLogical = operator === "&&=" || operator === "||=" || operator === "??=";
    const ends = isLogical
      ? this.#either(
          { operator: operator.slice(0, -1) as Either["operator"], left: node.left, right: node.right },
          state,
          flow,
        ) // as: the sign before "="
      : this.evaluate(node.right, state, flow);
    const isSum = operator === "+=" || operator === "-=";
    return ends.flatMap((end) => {
      const value = isLogical || operator === "=" ? end.value : isSum ? this.#sum(node, end) : UNKNOWN;
      const after = this.records.appended(node, end, (each, at) => this.#oneValue(each, at));
      return { state: this.#written(node, value, this.records.waiting.written(node, after)), value };
    });
  }

  /** The value, if there is only one. */
  #oneValue(node: ts.Expression, state: PathState): Value {
    const [first, second] = distinct(this.evaluate(node, state, { exits: [] }));
    return first !== undefined && second === undefined ? first.value : UNKNOWN;
  }

  #sum(node: ts.AssignmentExpression<ts.AssignmentOperatorToken>, { state, value: right }: Valued): Value {
    const [left] = this.evaluate(node.left, state, { exits: [] });
    return computed(node.operatorToken.getText().slice(0, 1), left?.value ?? UNKNOWN, right);
  }

  /** `++` and `--`: of a known number the next one is known. */
  #counted(node: ts.Expression, state: PathState, flow: Flow): Valued[] {
    const target = writtenBy(node);
    if (target === undefined || ts.isDeleteExpression(node)) return this.#parts(node, state, flow);
    const isUp = node.getText().includes("++");
    return this.evaluate(target, state, flow).map(({ state: at, value }) => {
      const next = computed(isUp ? "+" : "-", value, literalValue(1));
      return { state: this.#written(node, next, at), value: ts.isPrefixUnaryExpression(node) ? next : value };
    });
  }

  /** What is written is known from here on; patterns are not followed, what they write to is forgotten. */
  #written(node: ts.Expression, value: Value, state: PathState): PathState {
    const targets = writtenTargets(node);
    let after = state;
    for (const target of targets) {
      const path = pathOf(target, this);
      if (path === undefined) {
        after = this.#forgotten(target, after);
        continue;
      }
      const isWhole = targets.length === 1 && bare(target) === bare(writtenBy(node) ?? target);
      const before = after.known.get(path.symbol) ?? UNKNOWN;
      after = knowing(after, path.symbol, deepened(before, path.names, isWhole ? value : UNKNOWN));
    }
    return after;
  }

  #forgotten(target: ts.Expression, state: PathState): PathState {
    const root = rootOf(target);
    const { checker } = this.machine.program;
    return ts.isIdentifier(root) ? knowing(state, checker.getSymbolAtLocation(root), UNKNOWN) : state;
  }

  #yield(node: ts.YieldExpression, state: PathState, flow: Flow): Valued[] {
    const given = node.expression;
    if (given === undefined) return [{ state, value: UNKNOWN }];
    const records = node.asteriskToken === undefined && isResult(given, this.machine);
    return this.evaluate(given, state, flow).map((end) => ({
      state: records
        ? this.records.record({ expression: given, value: end.value, into: ownerOf(node) }, end.state)
        : end.state,
      value: UNKNOWN,
    }));
  }
}

interface Either {
  readonly operator: "&&" | "||" | "??";
  readonly left: ts.Expression;
  readonly right: ts.Expression;
}

/** More entries than a pair has, or spread ones, are no answer that is taken apart. */
const MAX_ENTRIES = 3;

function isShort({ elements }: ts.ArrayLiteralExpression): boolean {
  const isPlain = elements.every((each) => !ts.isSpreadElement(each) && !ts.isOmittedExpression(each));
  return isPlain && elements.length > 1 && elements.length <= MAX_ENTRIES;
}

function literalOf(node: ts.Expression): Value | undefined {
  if (ts.isStringLiteralLike(node)) return literalValue(node.text);
  if (ts.isNumericLiteral(node)) return literalValue(Number(node.text));
  if (node.kind === ts.SyntaxKind.TrueKeyword) return literalValue(true);
  if (node.kind === ts.SyntaxKind.FalseKeyword) return literalValue(false);
  if (node.kind === ts.SyntaxKind.NullKeyword) return literalValue(null);
  return undefined;
}
