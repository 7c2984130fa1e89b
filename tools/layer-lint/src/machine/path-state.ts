import type { ts } from "ts-morph";
import type { CallNode } from "./syntax.ts";
import type { Value } from "./values.ts";
import { isUnknown, keyOf } from "./values.ts";

/** Results that were recorded, by name, or by expression if they have none. */
export type Recorded = ReadonlyMap<ts.Symbol | ts.Node, Recording>;

/** One result as it was recorded. */
export interface Recording {
  /** Where it was recorded first. */
  readonly at: ts.Node;
  /** The lists and sinks that it went into, by name. */
  readonly into: ReadonlySet<ts.Symbol | ts.Node>;
  readonly value: Value;
  /** Whether no step had been performed before it, as far as this path goes back. */
  readonly isEarly: boolean;
}

/** What has happened on one path through a function, or through one round of the loop over the steps. */
export interface PathState {
  /** How often a step was performed; 2 = twice or more. */
  readonly performed: 0 | 1 | 2;
  readonly performedAt?: CallNode;
  /** What was recorded as the result of the step. */
  readonly recorded: Recorded;
  /** Whether the path began with the turn of a step, so that nothing is before it. */
  readonly isTurn?: boolean;
  /** Whether the step failed on this path. */
  readonly failed: boolean;
  /** The catch clause that took the failure. */
  readonly caughtAt?: ts.CatchClause;
  /** Where the path performed, recorded, was caught and forked: how it came here. */
  readonly way: readonly ts.Node[];
  /** Where the step failed after which this path goes on; whatever it performs is one too many. */
  readonly afterFailure?: readonly ts.Node[];
  /** The last fork that the path took. */
  readonly turn?: ts.Node;
  /** Where the path took the way on which nothing can perform the step. */
  readonly withoutHandler?: ts.Node;
  /** Lists with records that were not given on yet, and where they came in; undefined = all of it was given on. */
  readonly waiting: ReadonlyMap<ts.Symbol, ts.Node | undefined>;
  /** Values that are known. */
  readonly known: ReadonlyMap<ts.Symbol, Value>;
}

/** A path at its beginning. */
export const START: PathState = {
  performed: 0,
  recorded: new Map(),
  failed: false,
  way: [],
  waiting: new Map(),
  known: new Map(),
};

/** A path that ends in a value. */
export interface Valued {
  readonly state: PathState;
  readonly value: Value;
}

/** A path that leaves a block otherwise than at its end. */
export interface Exit extends Valued {
  readonly by: "return" | "throw" | "break" | "continue";
  readonly label?: string | undefined;
  readonly node: ts.Node;
}

/** Where a function's paths come out. */
export interface Flow {
  readonly exits: Exit[];
}

/** Longer ways explain nothing. */
export const MAX_WAY = 24;

/** The state with one more place on its way. */
export function passing(state: PathState, node: ts.Node): PathState {
  return state.way.length >= MAX_WAY ? state : { ...state, way: [...state.way, node] };
}

/** The state with `symbol` known to have `value`. */
export function knowing(state: PathState, symbol: ts.Symbol | undefined, value: Value): PathState {
  if (symbol === undefined) return state;
  const known = new Map(state.known);
  if (isUnknown(value)) known.delete(symbol);
  else known.set(symbol, value);
  return { ...state, known };
}

const ids = new WeakMap<object, number>();
let nextId = 0;

function idOf(thing: object): number {
  const id = ids.get(thing) ?? (nextId += 1);
  ids.set(thing, id);
  return id;
}

/** One of each kind: paths of which the same is known are one. */
export function distinct<T extends Valued>(paths: readonly T[]): T[] {
  const seen = new Map<string, T>();
  for (const path of paths) {
    const by = "by" in path ? String(path.by) : "";
    const key = `${stateKey(path.state)}|${keyOf(path.value)}|${by}`;
    if (!seen.has(key)) seen.set(key, path);
  }
  return [...seen.values()];
}

/** One of each state. */
export function distinctStates(states: readonly PathState[]): PathState[] {
  return [...new Map(states.map((state) => [stateKey(state), state])).values()];
}

/** A text that is the same for states that are alike. */
export function stateKey(state: PathState): string {
  const { performed, recorded, failed, caughtAt, withoutHandler, known, turn, afterFailure, waiting } = state;
  const records = [...recorded]
    .map(([result, { into, value, isEarly }]) => [...[result, ...into].map(idOf), keyOf(value), isEarly].join("+"))
    .toSorted();
  const values = [...known].map(([symbol, value]) => `${idOf(symbol)}:${keyOf(value)}`).toSorted();
  const nodes = [caughtAt, withoutHandler, performed === 0 ? turn : undefined].map((node) => (node ? idOf(node) : ""));
  const lists = [...waiting].map(([list, at]) => `${idOf(list)}:${at !== undefined}`).toSorted();
  return [performed, failed, afterFailure !== undefined, records, nodes, values, lists].join("|");
}
