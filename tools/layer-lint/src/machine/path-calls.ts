import { ts } from "ts-morph";
import { builtInValue, LAST } from "./built-ins.ts";
import type { Exit, Flow, PathState, Recorded, Valued } from "./path-state.ts";
import { distinct, knowing, MAX_WAY, passing } from "./path-state.ts";
import { isHandedOn, promised, race, settledAlone, settledValue, thrownBy } from "./path-promises.ts";
import type { Walk } from "./path-walk.ts";
import { recordedAt } from "./path-rounds.ts";
import { isNextTurn, reducer } from "./turn-functions.ts";
import { replyPair } from "./reply-pairs.ts";
import type { CallNode, FunctionNode } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, memberOf, ownerOf } from "./syntax.ts";
import type { Value } from "./values.ts";
import { isRejected, literalValue, UNKNOWN, withMember } from "./values.ts";

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
  const chained = chainedPromise(call, walk);
  if (chained !== undefined) return chainValues(chained, { state, flow }, walk);
  const alone = settledAlone(call);
  if (alone !== undefined) return promised(alone, { state, flow }, walk).map(settledValue);
  const paths = handedOver(call, { state, flow }, walk);
  const states = paths.map((each) => each.state);
  if (functions.callsPort(call)) return states.flatMap((each) => perform(call, each, { flow, walk }));
  const turn = reducer(call, walk.machine);
  if (turn !== undefined) return paths.flatMap((from) => inTurns(call, { turn, from, flow }, walk));
  if (isNextTurn(call, walk.machine)) return states.map((each) => goOn(call, each, walk));
  const targets = functions.calleesOf(call);
  if (targets.length > 0)
    return distinct(paths.flatMap((from) => targets.flatMap((target) => enter(call, { target, from, flow }, walk))));
  const callee = bare(calleeOf(call));
  if (callee.getText() === "Promise.race") return race(call, { starts: states, flow }, walk);
  return paths.map(({ state: at, values }) => ({
    state: walk.records.builtIn(call, values, at),
    value: builtInValue(call, { values, state: at }, walk),
  }));
}

/** A promise with what is called when it is kept and when it is broken. */
interface ChainedPromise {
  readonly call: CallNode;
  readonly promise: ts.Expression;
  readonly kept: ts.Expression | undefined;
  readonly broken: ts.Expression | undefined;
  readonly last: ts.Expression | undefined;
}

/** `promise.then(kept, broken)`, `promise.catch(broken)`, `promise.finally(last)`. */
function chainedPromise(call: CallNode, { machine }: Walk): ChainedPromise | undefined {
  const member = ts.isCallExpression(call) ? memberOf(bare(call.expression)) : undefined;
  if (member?.name === undefined || !["then", "catch", "finally"].includes(member.name)) return undefined;
  const { checker } = machine.program;
  const type = checker.getTypeAtLocation(member.object);
  if ((checker.getAwaitedType(type) ?? type) === type) return undefined;
  const [first, second] = argumentsOf(call);
  const isThen = member.name === "then";
  return {
    call,
    promise: member.object,
    kept: isThen ? first : undefined,
    broken: isThen ? second : member.name === "catch" ? first : undefined,
    last: member.name === "finally" ? first : undefined,
  };
}

/** As `try` and `catch`: what is called when the promise is kept goes on with its value, the other with what was thrown. */
function chainValues(
  { call, promise, kept, broken, last }: ChainedPromise,
  { state, flow }: { readonly state: PathState; readonly flow: Flow },
  walk: Walk,
): Valued[] {
  const inner: Flow = { exits: [] };
  const run = (callback: ts.Expression, end: Valued, into: Flow): Valued[] => {
    const target = walk.machine.functions.functionOf(callback);
    if (target === undefined) return [{ state: end.state, value: UNKNOWN }];
    const from = { state: end.state, values: [end.value] };
    return enter(call, { target, from, flow: into }, walk);
  };
  const all = walk.evaluate(promise, state, inner);
  const ends = all.filter((end) => !isRejected(end.value));
  const rejected = all
    .filter((end) => isRejected(end.value))
    .map((end): Exit => ({ state: thrownBy(end), value: UNKNOWN, by: "throw", node: call }));
  const thrown = [...inner.exits.filter((exit) => exit.by === "throw"), ...rejected];
  flow.exits.push(...inner.exits.filter((exit) => exit.by !== "throw"));
  const goods = kept === undefined ? ends : ends.flatMap((end) => run(kept, end, flow));
  if (last !== undefined) {
    for (const exit of thrown) {
      for (const end of run(last, exit, flow)) flow.exits.push({ ...exit, state: end.state });
    }
    return goods.flatMap((end) => run(last, end, flow).map((after) => ({ ...end, state: after.state })));
  }
  if (broken === undefined) {
    flow.exits.push(...thrown);
    return distinct(goods);
  }
  const caught = (exit: Exit): Valued => ({ state: passing(exit.state, broken), value: UNKNOWN });
  return distinct([...goods, ...thrown.flatMap((exit) => run(broken, caught(exit), flow))]);
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
    const isPromise = isHandedOn(inner, call, walk);
    paths = paths.flatMap(({ state: at, values }) =>
      distinct(isPromise ? promised(inner, { state: at, flow }, walk) : walk.evaluate(inner, at, flow)).map((end) => ({
        state: end.state,
        values: [...values, end.value],
      })),
    );
  }
  return paths;
}

function perform(
  call: CallNode,
  state: PathState,
  { flow, walk }: { readonly flow: Flow; readonly walk: Walk },
): Valued[] {
  const after = performed(call, { state, times: 1 }, walk);
  flow.exits.push({ state: { ...after, failed: true }, value: UNKNOWN, by: "throw", node: call });
  const reply = replyPair(call, walk.machine.program.checker);
  if (reply === undefined) return [{ state: after, value: UNKNOWN }];
  return [
    { state: after, value: reply.good },
    { state: { ...after, failed: true }, value: reply.bad },
  ];
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

/** A function that performs a step goes on to the next: what comes of the rest is the rest's. */
function goOn(call: CallNode, state: PathState, { hooks }: Walk): Valued {
  hooks.nextTurn(state, ownerOf(call));
  if (state.failed) hooks.afterFailure(call, { ...state, afterFailure: state.way });
  if (state.performed === 2)
    hooks.note(
      "call-once",
      call,
      "The rest of the steps is performed a second time on this path: once is all they get",
    );
  return { state: { ...state, performed: 2, failed: false, recorded: recordedAt(call) }, value: UNKNOWN };
}

/** `reduce` over the steps: turn after turn, each with what the one before has given back. */
function inTurns(
  call: CallNode,
  { turn, from: { state, values }, flow }: { readonly turn: FunctionNode; readonly from: Calling; readonly flow: Flow },
  { hooks }: Walk,
): Valued[] {
  if (state.performed > 0)
    hooks.note("call-once", call, "The steps are gone over a second time: each is performed once");
  const exits = hooks.turns(turn, { state, value: values[1] ?? UNKNOWN });
  const after = (inner: PathState): PathState => ({
    ...state,
    performed: state.performed > 0 ? 2 : 1,
    recorded: recordedAt(call),
    waiting: inner.waiting,
  });
  for (const exit of exits.filter(({ by }) => by === "throw")) flow.exits.push({ ...exit, state: after(exit.state) });
  return distinct([state, ...exits.map((exit) => exit.state)].map((each) => ({ state: after(each), value: UNKNOWN })));
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
    const inside = recordedInside(exit.state.recorded, { call, target }, walk);
    const joined: PathState = {
      ...lastRecorded(after, inside),
      recorded: walk.records.joined(state, inside),
      failed: state.failed || exit.state.failed,
      waiting: new Map([...after.waiting, ...waitingInside(exit.state, { call, target }, walk)]),
      way: [...after.way, ...exit.state.way].slice(0, MAX_WAY),
      ...(exit.state.caughtAt !== undefined && { caughtAt: exit.state.caughtAt }),
      ...(exit.state.performed > 0 && exit.state.performedAt !== undefined && { performedAt: call }),
    };
    if (exit.by === "throw") flow.exits.push({ state: joined, value: UNKNOWN, by: "throw", node: call });
    else returned.push({ state: joined, value: told(call, { exit, failed: joined.failed }, walk) });
  }
  return distinct(returned);
}

/** Of each list that was recorded into, the last entry is known. */
function lastRecorded(state: PathState, recorded: Recorded): PathState {
  let after = state;
  for (const { into, value } of recorded.values()) {
    for (const list of into) {
      if ("escapedName" in list) after = knowing(after, list, withMember(UNKNOWN, LAST, value));
    }
  }
  return after;
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

/** What waits in a list that the function was given waits in the caller's. */
function waitingInside(
  { waiting }: PathState,
  { call, target }: { readonly call: CallNode; readonly target: FunctionNode },
  { machine, records }: Walk,
): (readonly [ts.Symbol, ts.Node | undefined])[] {
  const { checker } = machine.program;
  return [...waiting].map(([list, at]) => {
    const index = target.parameters.findIndex((each) => checker.getSymbolAtLocation(each.name) === list);
    const argument = argumentsOf(call)[index];
    const outside = argument && records.identity(argument);
    return [outside !== undefined && "escapedName" in outside ? outside : list, at] as const;
  });
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
