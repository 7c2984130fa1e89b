import { ts } from "ts-morph";
import type { Fault, MachineLaw } from "./fault.ts";
import { ExpressionWalker } from "./path-expressions.ts";
import type { Exit, Flow } from "./path-state.ts";
import { distinct, START } from "./path-state.ts";
import type { PathJudge } from "./path-statements.ts";
import { StatementWalker } from "./path-statements.ts";
import type { Machine } from "./step-lists.ts";
import type { FunctionNode } from "./syntax.ts";
import type { Value } from "./values.ts";
import { keyOf, UNDEFINED, UNKNOWN } from "./values.ts";

const MAX_CALL_DEPTH = 10;

/**
 * Follows every path through the machine's functions and counts on each how often a step is performed and recorded, and
 * whether it failed. Only calls that perform a step are taken to throw; what is not known is both.
 */
export class PathWalker {
  readonly #faults: Fault[] = [];
  readonly #summaries = new Map<string, readonly Exit[]>();
  readonly #running = new Set<FunctionNode>();
  readonly #expressions: ExpressionWalker;
  readonly #statements: StatementWalker;

  constructor(machine: Machine, judge: PathJudge) {
    this.#expressions = new ExpressionWalker(machine, {
      note: (law, node, message) => this.#fault(law, node, message),
      afterFailure: (call, state) => judge.afterFailure(call, state),
      exitsOf: (fn, values) => this.exitsOf(fn, values),
    });
    this.#statements = new StatementWalker(machine, this.#expressions, judge);
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** The ways out of a function: returns and throws. */
  exitsOf(fn: FunctionNode, values: readonly Value[] = []): readonly Exit[] {
    const key = `${fn.getSourceFile().fileName}:${fn.pos}:${values.map(keyOf).join(";")}`;
    const done = this.#summaries.get(key);
    if (done !== undefined) return done;
    if (this.#running.has(fn) || this.#running.size > MAX_CALL_DEPTH)
      return [{ state: START, value: UNKNOWN, by: "return", node: fn }];
    this.#running.add(fn);
    const exits = this.#follow(fn, values);
    this.#running.delete(fn);
    this.#summaries.set(key, exits);
    return exits;
  }

  #follow(fn: FunctionNode, values: readonly Value[]): readonly Exit[] {
    const flow: Flow = { exits: [] };
    let starts = [START];
    for (const [index, parameter] of fn.parameters.entries()) {
      const value = values[index] ?? UNKNOWN;
      starts = starts.map((state) => this.#statements.bind(parameter.name, value, state));
    }
    if (ts.isBlock(fn.body)) {
      for (const state of this.#statements.block(fn.body.statements, starts, flow))
        flow.exits.push({ state, value: UNDEFINED, by: "return", node: fn.body });
    } else {
      for (const { state, value } of this.#expressions.all(fn.body, starts, flow))
        flow.exits.push({ state, value, by: "return", node: fn.body });
    }
    // What was known inside is of no use outside.
    return distinct(flow.exits.map((exit) => ({ ...exit, state: { ...exit.state, known: START.known } })));
  }

  /** The faults are of this walk; the same one is told once. */
  #fault(law: MachineLaw, node: ts.Node, message: string): void {
    if (!this.#faults.some((each) => each.law === law && each.node === node)) this.#faults.push({ law, node, message });
  }
}
