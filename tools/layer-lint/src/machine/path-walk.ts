import type { ts } from "ts-morph";
import type { Note, RecordKeeper } from "./path-records.ts";
import type { Exit, Flow, PathState, Valued } from "./path-state.ts";
import type { Shared } from "./shared-names.ts";
import type { Machine } from "./step-lists.ts";
import type { FunctionNode } from "./syntax.ts";
import type { Value } from "./values.ts";

/** What expressions need of the walk that they are a part of. */
export interface WalkHooks {
  readonly note: Note;
  /** A step is performed although one before it failed. */
  readonly afterFailure: (call: ts.Node, state: PathState) => void;
  /** One turn is over, and the next begins. */
  readonly nextTurn: (state: PathState, at: ts.Node) => void;
  /** The ways out of all turns of a function that is called for each step. */
  readonly turns: (fn: FunctionNode, start: Valued) => readonly Exit[];
  /** The ways out of a function of the layer. */
  readonly exitsOf: (fn: FunctionNode, values: readonly Value[]) => readonly Exit[];
}

/** What the parts of a walk through expressions need of one another. */
export interface Walk {
  readonly machine: Machine;
  readonly hooks: WalkHooks;
  readonly records: RecordKeeper;
  /** Members by which some condition of the layer decides: only they are worth knowing. */
  readonly asked: ReadonlySet<string>;
  readonly shared: Shared;
  evaluate(node: ts.Expression, state: PathState, flow: Flow): Valued[];
  states(node: ts.Expression, state: PathState, flow: Flow): PathState[];
}
