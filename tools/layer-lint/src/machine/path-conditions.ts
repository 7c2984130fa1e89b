import { ts } from "ts-morph";
import type { Flow, PathState, Valued } from "./path-state.ts";
import { knowing } from "./path-state.ts";
import type { Walk } from "./path-walk.ts";
import { symbolOf } from "./functions.ts";
import { bare, memberOf } from "./syntax.ts";
import { turnsOf } from "./turn-functions.ts";
import { isOfProject } from "./typed-program.ts";
import { inCommon, valueOfType } from "./type-values.ts";
import type { Value } from "./values.ts";
import { areEqual, FALSY, isThere, memberValue, NOTHING, THERE, truthOf, TRUTHY } from "./values.ts";
import { UNDEFINED, UNKNOWN, withMember } from "./values.ts";
import { constituents } from "./vocabulary.ts";

/** The paths on which a condition holds, and those on which it does not; each then knows what the condition said. */
export interface Fork {
  readonly yes: PathState[];
  readonly no: PathState[];
}

/** Follows the paths through a condition. */
export function condition(expression: ts.Expression, start: { state: PathState; flow: Flow }, walk: Walk): Fork {
  const node = bare(expression);
  const { state, flow } = start;
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    const { yes, no } = condition(node.operand, start, walk);
    return { yes: no, no: yes };
  }
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.getText();
    if (operator === "&&" || operator === "||") {
      const left = condition(node.left, start, walk);
      const rights = (operator === "&&" ? left.yes : left.no).map((each) =>
        condition(node.right, { state: each, flow }, walk),
      );
      const yes = rights.flatMap((each) => each.yes);
      const no = rights.flatMap((each) => each.no);
      return operator === "&&" ? { yes, no: [...left.no, ...no] } : { yes: [...left.yes, ...yes], no };
    }
  }
  const ends = walk.evaluate(node, state, flow);
  return marked(
    node,
    { yes: held(node, { ends, holds: true }, walk), no: held(node, { ends, holds: false }, walk) },
    walk,
  );
}

function held(
  node: ts.Expression,
  { ends, holds }: { readonly ends: readonly Valued[]; readonly holds: boolean },
  walk: Walk,
): PathState[] {
  return ends
    .filter((end) => truthOf(end.value) !== !holds)
    .map((end) => (truthOf(end.value) === undefined ? learned(node, { state: end.state, holds }, walk) : end.state))
    .map((state) => walk.records.waiting.empty(node, { state, holds }));
}

/** On the ways without the thing that performs, nothing can be performed. */
function marked(node: ts.Expression, { yes, no }: Fork, walk: Walk): Fork {
  const missing = isAboutHandler(node, walk);
  if (missing === undefined) return { yes, no };
  const mark = (states: PathState[]): PathState[] => states.map((each) => ({ ...each, withoutHandler: node }));
  return missing ? { yes: mark(yes), no } : { yes, no: mark(no) };
}

/** Whether the condition asks for the thing that performs: true if it holds without, false if it holds with it. */
function isAboutHandler(node: ts.Expression, { machine }: Walk): boolean | undefined {
  const { words, program } = machine;
  const isPort = (each: ts.Expression): boolean => words.isPort(program.checker.getTypeAtLocation(each));
  if (isPort(node)) return false;
  if (ts.isCallExpression(node)) {
    const member = memberOf(bare(node.expression));
    const holder = member && program.checker.getTypeAtLocation(member.object);
    const holdsPorts =
      holder !== undefined &&
      "target" in holder &&
      program.checker.getTypeArguments(holder as ts.TypeReference).some((each) => words.isPort(each)); // as: only references have a target
    return member?.name === "has" && holdsPorts ? false : undefined;
  }
  if (!ts.isBinaryExpression(node) || !(isPort(node.left) || isPort(node.right))) return undefined;
  return !node.operatorToken.getText().startsWith("!");
}

interface Answer {
  readonly state: PathState;
  readonly holds: boolean;
}

/** What is known of a name, or of a member of one, once a condition about it holds, or does not. */
function learned(node: ts.Expression, answer: Answer, walk: Walk): PathState {
  const { holds } = answer;
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.getText();
    if (operator === "instanceof" && holds) return learn(node.left, TRUTHY, { answer, walk });
    if (!/^[!=]==?$/.test(operator)) return answer.state;
    const isSame = holds === operator.startsWith("=");
    const isLoose = operator.length === 2;
    const from = (target: ts.Expression, other: ts.Expression): PathState | undefined => {
      const value = plainValue(other, answer.state, walk);
      return value === undefined
        ? undefined
        : learn(target, equalTo(target, { value, isSame, isLoose }, walk), { answer, walk });
    };
    return from(node.left, node.right) ?? from(node.right, node.left) ?? answer.state;
  }
  return learn(node, ofTruth(node, holds, walk), { answer, walk });
}

/** The value of something that has no paths of its own: a literal, or a name. */
function plainValue(expression: ts.Expression, state: PathState, walk: Walk): Value | undefined {
  const node = bare(expression);
  if (!ts.isIdentifier(node) && !ts.isLiteralExpression(node) && !isKeyword(node)) return undefined;
  const [end] = walk.evaluate(node, state, { exits: [] });
  return end?.value.kind === "literal" ? end.value : undefined;
}

function isKeyword({ kind }: ts.Expression): boolean {
  const { NullKeyword, TrueKeyword, FalseKeyword } = ts.SyntaxKind;
  return kind === NullKeyword || kind === TrueKeyword || kind === FalseKeyword;
}

interface Compared {
  readonly value: Value;
  readonly isSame: boolean;
  readonly isLoose: boolean;
}

function equalTo(target: ts.Expression, { value, isSame, isLoose }: Compared, walk: Walk): Value {
  const isNothing = isThere(value) === false;
  if (isSame) return isLoose && isNothing ? NOTHING : value;
  if (isLoose && isNothing) return THERE;
  return ofType(target, (each) => areEqual(each, value) !== true, walk);
}

function ofTruth(target: ts.Expression, holds: boolean, walk: Walk): Value {
  const value = ofType(target, (each) => truthOf(each) !== !holds, walk);
  if (truthOf(value) === holds) return value;
  return holds ? TRUTHY : FALSY;
}

/** What the members of the type have in common that are still possible. */
function ofType(target: ts.Expression, isPossible: (value: Value) => boolean, { machine }: Walk): Value {
  const { checker } = machine.program;
  const type = checker.getTypeAtLocation(target);
  const parts = type.isUnion() ? constituents(type) : [type];
  return inCommon(parts.map((each) => valueOfType(each, checker)).filter(isPossible));
}

/** Puts down what is known of a name, or of a member of one. */
function learn(
  target: ts.Expression,
  value: Value,
  { answer: { state }, walk }: { readonly answer: Answer; readonly walk: Walk },
): PathState {
  const path = pathOf(target, walk);
  if (path === undefined) return state;
  const before = state.known.get(path.symbol) ?? UNKNOWN;
  if (path.names.length === 0 && before.kind === "object") return state; // more is known than that
  // What is not there has no members that could be known.
  if (path.names.length > 0 && path.isOptional && (isThere(value) !== true || before === UNDEFINED)) return state;
  return knowing(state, path.symbol, deepened(before, path.names, value));
}

/** The value with the member that the names lead to. */
export function deepened(value: Value, names: readonly string[], member: Value): Value {
  const [name, ...deeper] = names;
  if (name === undefined) return member;
  return withMember(value, name, deepened(memberValue(value, name), deeper, member));
}

/** The name at which a chain of known members begins, and their names. */
export function pathOf(
  target: ts.Expression,
  { machine, shared }: Pick<Walk, "machine" | "shared">,
): { readonly symbol: ts.Symbol; readonly names: readonly string[]; readonly isOptional: boolean } | undefined {
  const field = keptField(target, machine);
  if (field !== undefined) return { symbol: field, names: [], isOptional: false };
  const names: string[] = [];
  let isOptional = false;
  let at = bare(target);
  for (let member = memberOf(at); member !== undefined; member = memberOf(at)) {
    if (member.name === undefined) return undefined;
    if (!isSteady(at, member.name, { machine, shared })) return undefined;
    names.unshift(member.name);
    isOptional ||= "questionDotToken" in at && at.questionDotToken !== undefined;
    at = bare(member.object);
  }
  if (!ts.isIdentifier(at) || at.text === "undefined") return undefined;
  const symbol = machine.program.checker.getSymbolAtLocation(at);
  return symbol === undefined || shared.names.has(symbol) ? undefined : { symbol, names, isOptional };
}

/** `this.#over` of a class that goes over the steps turn by turn. */
function keptField(target: ts.Expression, machine: Walk["machine"]): ts.Symbol | undefined {
  const node = bare(target);
  if (memberOf(node)?.object.kind !== ts.SyntaxKind.ThisKeyword) return undefined;
  const symbol = symbolOf(machine.program.checker, node);
  const [declaration] = symbol?.declarations ?? [];
  const turns = [...turnsOf(machine).values()];
  return turns.some(({ fields }) => fields.some((each) => each === declaration)) ? symbol : undefined;
}

/** A member that nobody writes to out of turn: not one of a built-in object, which changes by itself. */
export function isSteady(
  access: ts.Expression,
  name: string,
  { machine, shared }: Pick<Walk, "machine" | "shared">,
): boolean {
  const { program } = machine;
  if (shared.members.has(name)) return false;
  const declarations = symbolOf(program.checker, access)?.declarations ?? [];
  return declarations.length > 0 && declarations.every((each) => !ts.isAccessor(each) && isOfProject(each, program));
}
