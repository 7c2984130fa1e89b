import { ts } from "ts-morph";
import type { Flow, PathState, Valued } from "./path-state.ts";
import type { Walk } from "./path-walk.ts";
import type { CallNode } from "./syntax.ts";
import { argumentsOf, bare, isCallNode } from "./syntax.ts";
import { isRejected, literalValue, REFUSED, REJECTED, UNKNOWN, withMember } from "./values.ts";

/** The promise that is settled alone: `Promise.allSettled([promise])`. */
export function settledAlone(call: ts.Node): ts.Expression | undefined {
  if (!ts.isCallExpression(call) || call.expression.getText() !== "Promise.allSettled") return undefined;
  const [list] = call.arguments;
  const [only, second] = list !== undefined && ts.isArrayLiteralExpression(list) ? list.elements : [];
  return second === undefined && only !== undefined && !ts.isSpreadElement(only) ? only : undefined;
}

/** A list of one that says how its promise was settled. */
export function settledValue({ state, value }: Valued): Valued {
  const isLost = isRejected(value);
  const said = withMember(UNKNOWN, "status", literalValue(isLost ? "rejected" : "fulfilled"));
  return {
    state: isLost ? thrownBy({ state, value }) : state,
    value: withMember(UNKNOWN, "0", isLost ? said : withMember(said, "value", value)),
  };
}

/** Whether a function of the layer is given the promise of a step: it is that one which sees it fail. */
export function isHandedOn(argument: ts.Expression, call: CallNode, { machine: { functions } }: Walk): boolean {
  const node = bare(argument);
  return isCallNode(node) && functions.performs(node) && functions.calleesOf(call).length > 0;
}

/** The state in which a rejected promise is awaited: if it was the step's, the step failed. */
export function thrownBy({ state, value }: Valued): PathState {
  return value === REJECTED ? { ...state, failed: true } : state;
}

/** What a call promises: its value, or, where it throws, a promise that is rejected. */
export function promised(
  node: ts.Expression,
  { state, flow }: { readonly state: PathState; readonly flow: Flow },
  walk: Walk,
): Valued[] {
  const inner: Flow = { exits: [] };
  const ends = walk.evaluate(node, state, inner);
  const thrown = inner.exits.filter((exit) => exit.by === "throw");
  flow.exits.push(...inner.exits.filter((exit) => exit.by !== "throw"));
  return [...ends, ...thrown.map((exit) => ({ state: exit.state, value: REJECTED }))];
}

/** Any of those that race may be first. If it is not the step, the step has failed: nobody waits for its end. */
export function race(
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
      if (isNever(racer, walk))
        return [{ state: { ...state, failed: state.failed || state.performed > 0 }, value: REFUSED }];
      const after = isStep(racer, walk) || state.performed === 0 ? state : { ...state, failed: true };
      // What is called in the list has been followed already, as part of the list.
      return ts.isCallExpression(bare(racer)) ? [{ state: after, value: UNKNOWN }] : walk.evaluate(racer, after, flow);
    }),
  );
}

/** Whether the promise can only be rejected. */
function isNever(racer: ts.Expression, { machine }: Walk): boolean {
  const { checker } = machine.program;
  const awaited = checker.getAwaitedType(checker.getTypeAtLocation(racer));
  return awaited !== undefined && (awaited.flags & ts.TypeFlags.Never) !== 0;
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
