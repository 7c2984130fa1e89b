import { ts } from "ts-morph";
import type { Flow, PathState, Valued } from "./path-state.ts";
import { distinctStates } from "./path-state.ts";
import type { Walk } from "./path-walk.ts";
import type { Value } from "./values.ts";
import { UNKNOWN } from "./values.ts";

interface Building {
  readonly state: PathState;
  readonly members: ReadonlyMap<string, Value>;
}

/** Follows the paths through an object literal, and knows those of its members by which something is decided. */
export function objectValues(
  node: ts.ObjectLiteralExpression,
  { state, flow }: { readonly state: PathState; readonly flow: Flow },
  walk: Walk,
): Valued[] {
  let paths: Building[] = [{ state, members: new Map() }];
  for (const property of node.properties) paths = paths.flatMap((path) => withProperty(path, property, { flow, walk }));
  return paths.map(({ state: at, members }) => ({ state: at, value: { kind: "object", members } }));
}

interface Context {
  readonly flow: Flow;
  readonly walk: Walk;
}

function withProperty(
  { state, members }: Building,
  property: ts.ObjectLiteralElementLike,
  { flow, walk }: Context,
): Building[] {
  if (ts.isSpreadAssignment(property)) {
    return walk.evaluate(property.expression, state, flow).map((end) => ({
      state: end.state,
      members: spread(members, { value: end.value, expression: property.expression }, walk),
    }));
  }
  const { name } = property;
  const key = name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : undefined;
  const isAsked = key !== undefined && walk.asked.has(key) && !walk.shared.members.has(key);
  if (ts.isShorthandPropertyAssignment(property)) {
    const symbol = walk.machine.program.checker.getShorthandAssignmentValueSymbol(property);
    const value = (symbol && state.known.get(symbol)) ?? UNKNOWN;
    const given = walk.records.waiting.givenOn(symbol, state);
    return [{ state: given, members: isAsked ? added(members, key, value) : members }];
  }
  if (!ts.isPropertyAssignment(property)) return [{ state, members }];
  const ends = walk.evaluate(property.initializer, state, flow);
  if (!isAsked) return distinctStates(ends.map((end) => end.state)).map((each) => ({ state: each, members }));
  return ends.map((end) => ({ state: end.state, members: added(members, key, end.value) }));
}

function added(members: ReadonlyMap<string, Value>, key: string, value: Value): ReadonlyMap<string, Value> {
  return new Map([...members, [key, value]]);
}

/** A spread that is not known could overwrite every member that its type has. */
function spread(
  members: ReadonlyMap<string, Value>,
  { value, expression }: { readonly value: Value; readonly expression: ts.Expression },
  { machine }: Walk,
): ReadonlyMap<string, Value> {
  if (value.kind === "object") return new Map([...members, ...value.members]);
  const type = machine.program.checker.getTypeAtLocation(expression);
  const isOpen =
    (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0 || type.getStringIndexType() !== undefined;
  const parts = type.isUnion() ? type.types : [type];
  const overwrites = (name: string): boolean => isOpen || parts.some((each) => each.getProperty(name) !== undefined);
  return new Map([...members].filter(([name]) => !overwrites(name)));
}
