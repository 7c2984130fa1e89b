import { ts } from "ts-morph";
import { passedThrough } from "./passed-through.ts";
import type { Exit, Flow, PathState, Recorded, Valued } from "./path-state.ts";
import { distinct, MAX_WAY, passing } from "./path-state.ts";
import type { Walk } from "./path-walk.ts";
import type { CallNode, FunctionNode } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, isCallNode, memberOf } from "./syntax.ts";
import type { Value } from "./values.ts";
import { literalValue, UNKNOWN } from "./values.ts";

/** A path up to a call, with the values that it hands over. */
interface Calling {
  readonly state: PathState;
  readonly values: readonly Value[];
}

/** Follows the paths through a call: what it performs, records and gives back. */
export function callValues(
  call: CallNode,
  { state, flow }: { readonly state: PathState; readonly flow: Flow },
  walk: Walk,
): Valued[] {
  const { functions } = walk.machine;
  const paths = handedOver(call, { state, flow }, walk);
  const states = paths.map((each) => each.state);
  if (functions.callsPort(call)) return states.flatMap((each) => perform(call, each, { flow, walk }));
  const targets = functions.calleesOf(call);
  if (targets.length > 0)
    return distinct(paths.flatMap((from) => targets.flatMap((target) => enter(call, { target, from, flow }, walk))));
  const callee = bare(calleeOf(call));
  if (callee.getText() === "Promise.race") return race(call, { starts: states, flow }, walk);
  return paths.map(({ state: at, values }) => ({
    state: walk.records.builtIn(call, values, at),
    value: passedThrough(callee, values),
  }));
}

/** The object, then the arguments one after the other. */
function handedOver(
  call: CallNode,
  { state, flow }: { readonly state: PathState; readonly flow: Flow },
  walk: Walk,
): Calling[] {
  const callee = bare(calleeOf(call));
  const object = memberOf(callee)?.object ?? (ts.isCallExpression(callee) ? callee : undefined);
  const starts = object === undefined ? [state] : walk.states(object, state, flow);
  let paths: Calling[] = starts.map((each) => ({ state: each, values: [] }));
  for (const argument of argumentsOf(call)) {
    const inner = ts.isSpreadElement(argument) ? argument.expression : argument;
    paths = paths.flatMap(({ state: at, values }) =>
      distinct(walk.evaluate(inner, at, flow)).map((end) => ({ state: end.state, values: [...values, end.value] })),
    );
  }
  return paths;
}

/** Any of those that race may be first. If it is not the step, the step has failed: nobody waits for its end. */
function race(
  call: CallNode,
  { starts, flow }: { readonly starts: readonly PathState[]; readonly flow: Flow },
  walk: Walk,
): Valued[] {
  const [list] = argumentsOf(call);
  const racers = list !== undefined && ts.isArrayLiteralExpression(bare(list)) ? bare(list) : undefined;
  if (racers === undefined || !ts.isArrayLiteralExpression(racers))
    return starts.map((state) => ({ state, value: UNKNOWN }));
  return starts.flatMap((state) =>
    racers.elements.flatMap((racer) => {
      const after = isStep(racer, walk) || state.performed === 0 ? state : { ...state, failed: true };
      // What is called in the list has been followed already, as part of the list.
      return ts.isCallExpression(bare(racer)) ? [{ state: after, value: UNKNOWN }] : walk.evaluate(racer, after, flow);
    }),
  );
}

/** Whether the expression is the promise of a performed step, or the name of one. */
function isStep(expression: ts.Expression, walk: Walk): boolean {
  const { functions, program } = walk.machine;
  const node = bare(expression);
  if (isCallNode(node)) return functions.performs(node);
  const [declaration] = (ts.isIdentifier(node) && program.checker.getSymbolAtLocation(node)?.declarations) || [];
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return false;
  return declaration.initializer !== undefined && isStep(declaration.initializer, walk);
}

function perform(
  call: CallNode,
  state: PathState,
  { flow, walk }: { readonly flow: Flow; readonly walk: Walk },
): Valued[] {
  const after = performed(call, { state, times: 1 }, walk);
  flow.exits.push({ state: { ...after, failed: true }, value: UNKNOWN, by: "throw", node: call });
  return [{ state: after, value: UNKNOWN }];
}

function performed(
  call: CallNode,
  { state, times }: { readonly state: PathState; readonly times: 0 | 1 | 2 },
  { hooks }: Walk,
): PathState {
  if (times === 0) return state;
  const sum = state.performed + times;
  if (state.afterFailure !== undefined) hooks.afterFailure(call, state);
  if (sum > 1 && times === 1)
    hooks.note("call-once", call, "A step is performed a second time on this path: once is all it gets");
  return passing({ ...state, performed: sum > 1 ? 2 : 1, performedAt: call }, call);
}

interface Entering {
  readonly target: FunctionNode;
  readonly from: Calling;
  readonly flow: Flow;
}

function enter(call: CallNode, { target, from: { state, values }, flow }: Entering, walk: Walk): Valued[] {
  const returned: Valued[] = [];
  for (const exit of walk.hooks.exitsOf(target, values)) {
    const after = performed(call, { state, times: exit.state.performed }, walk);
    const joined: PathState = {
      ...after,
      recorded: walk.records.joined(state, recordedInside(exit.state.recorded, { call, target }, walk)),
      failed: state.failed || exit.state.failed,
      way: [...after.way, ...exit.state.way].slice(0, MAX_WAY),
      ...(exit.state.caughtAt !== undefined && { caughtAt: exit.state.caughtAt }),
      ...(exit.state.performed > 0 && exit.state.performedAt !== undefined && { performedAt: call }),
    };
    if (exit.by === "throw") flow.exits.push({ state: joined, value: UNKNOWN, by: "throw", node: call });
    else returned.push({ state: joined, value: told(call, { exit, failed: joined.failed }, walk) });
  }
  return distinct(returned);
}

/** A result that says nothing else says what happened. */
function told(
  call: CallNode,
  { exit: { value, state: inner }, failed }: { readonly exit: Exit; readonly failed: boolean },
  { machine }: Walk,
): Value {
  if (value.kind !== "unknown" && !(value.kind === "object" && !value.members.has("status"))) return value;
  const { words, program } = machine;
  const type = program.checker.getTypeAtLocation(call);
  const awaited = program.checker.getAwaitedType(type) ?? type;
  if (!words.isEvidence(awaited) || (inner.performed === 0 && !failed)) return value;
  const members = value.kind === "object" ? value.members : new Map<string, Value>();
  return { kind: "object", members: new Map([...members, ["status", literalValue(failed ? "FAILED" : "COMPLETED")]]) };
}

/** What a function recorded under the name of its parameter is what the caller gave it. */
function recordedInside(
  recorded: Recorded,
  { call, target }: { readonly call: CallNode; readonly target: FunctionNode },
  { machine, records }: Walk,
): Recorded {
  const { checker } = machine.program;
  const outside = <T>(inner: ts.Symbol | ts.Node | T): ts.Symbol | ts.Node | T => {
    const index = target.parameters.findIndex((each) => checker.getSymbolAtLocation(each.name) === inner);
    const argument = argumentsOf(call)[index];
    return (argument && records.identity(argument)) ?? inner;
  };
  return new Map(
    [...recorded].map(([result, entry]) => [
      outside(result),
      { ...entry, into: new Set([...entry.into].map(outside)) },
    ]),
  );
}
