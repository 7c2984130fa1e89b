import { ts } from "ts-morph";
import type { Fault, MachineLaw } from "./fault.ts";
import { ExpressionWalker } from "./path-expressions.ts";
import { MAX_ROUNDS, nextRound } from "./path-rounds.ts";
import type { Exit, Flow, PathState, Valued } from "./path-state.ts";
import { distinct, knowing, START, stateKey } from "./path-state.ts";
import type { PathJudge } from "./path-statements.ts";
import { StatementWalker } from "./path-statements.ts";
import type { Machine } from "./step-lists.ts";
import type { FunctionNode } from "./syntax.ts";
import type { Value } from "./values.ts";
import type { Turn } from "./turn-functions.ts";
import { turnsOf } from "./turn-functions.ts";
import { keyOf, literalValue, UNDEFINED, UNKNOWN } from "./values.ts";

/** A place in the list that is no number which code could ask for. */
const SOMEWHERE = literalValue(7.5);

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
  readonly #machine: Machine;
  readonly #judge: PathJudge;
  /** Whether the turn that is followed begins at the place of the one before. */
  #isStale = false;

  constructor(machine: Machine, judge: PathJudge) {
    this.#expressions = new ExpressionWalker(machine, {
      note: (law, node, message) => this.#fault(law, node, message),
      afterFailure: (call, state) => {
        judge.afterFailure(call, state);
        if (this.#isStale)
          this.#fault("call-once", call, "A failed step is performed again: its place is still the same");
      },
      nextTurn: (state, at) => judge.nextTurn(state, at),
      turns: (fn, start) => this.turns(fn, start),
      exitsOf: (fn, values) => this.exitsOf(fn, values),
    });
    this.#statements = new StatementWalker(machine, this.#expressions, judge);
    this.#machine = machine;
    this.#judge = judge;
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

  /** Every turn of a function that is called once for each step, until a next one would know nothing else. */
  turns(fn: FunctionNode, start: Valued = { state: START, value: UNKNOWN }): readonly Exit[] {
    const turn = turnsOf(this.#machine).get(fn);
    const all: Exit[] = [];
    const seen = new Set<string>();
    const first = (turn?.fields ?? []).reduce((at, field) => this.#withFirstValue(field, at), start.state);
    const open: (Valued & { readonly isStale?: boolean })[] = [{ state: nextRound(first, fn), value: start.value }];
    for (let round = open.pop(); round !== undefined; round = open.pop()) {
      const isTooMany = seen.size >= MAX_ROUNDS;
      const state = isTooMany ? { ...round.state, known: START.known } : round.state;
      const value = isTooMany ? UNKNOWN : round.value;
      const key = `${stateKey(state)}|${keyOf(value)}|${round.isStale}`;
      if (seen.has(key)) continue;
      seen.add(key);
      this.#isStale = round.isStale === true;
      const exits = this.#follow(fn, [value], state);
      this.#isStale = false;
      all.push(...exits);
      for (const exit of exits) {
        if (exit.by !== "return" && turn?.kind !== "iterator") continue;
        const isOver = turn?.kind === "iterator" && exit.state.performed === 0;
        if (!isOver) this.#judge.nextTurn(exit.state, fn);
        const moved = turn?.kind === "iterator" ? this.#movedOn(turn, { before: state, exit }) : { state: exit.state };
        open.push({ ...moved, state: nextRound(moved.state, fn), value: exit.value });
      }
    }
    return all.map((exit) => ({ ...exit, state: { ...exit.state, known: START.known } }));
  }

  #withFirstValue(field: ts.PropertyDeclaration, state: PathState): PathState {
    const symbol = this.#machine.program.checker.getSymbolAtLocation(field.name);
    const [end] =
      field.initializer === undefined ? [] : this.#expressions.evaluate(field.initializer, START, { exits: [] });
    return knowing(state, symbol, end?.value ?? UNKNOWN);
  }

  /** A turn that performed its step has moved the place on by one, and no other has. */
  #movedOn(
    { fields: [place] }: Turn,
    { before, exit }: { readonly before: PathState; readonly exit: Exit },
  ): { readonly state: PathState; readonly isStale?: boolean } {
    const symbol = place && this.#machine.program.checker.getSymbolAtLocation(place.name);
    if (symbol === undefined) return { state: exit.state };
    const [was, is] = [before, exit.state].map(({ known }) => known.get(symbol) ?? UNKNOWN);
    const steps = was?.kind === "literal" && is?.kind === "literal" ? Number(is.value) - Number(was.value) : NaN;
    const { performed, failed } = exit.state;
    if (performed > 0 && steps !== 1 && !failed)
      this.#fault(
        "call-once",
        exit.state.performedAt ?? exit.node,
        "The place is not moved on by one after a step: it could be performed again",
      );
    if (performed === 0 && steps !== 0 && before.afterFailure === undefined)
      this.#fault(
        "evidence-per-call",
        exit.node,
        "A declared step can be passed over: nothing is performed, and the place is moved on",
      );
    return { state: knowing(exit.state, symbol, SOMEWHERE), isStale: performed > 0 && failed && steps !== 1 };
  }

  #follow(fn: FunctionNode, values: readonly Value[], start = START): readonly Exit[] {
    const flow: Flow = { exits: [] };
    let starts = [start];
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
    if (start !== START) return distinct(flow.exits);
    // What was known inside is of no use outside.
    return distinct(flow.exits.map((exit) => ({ ...exit, state: { ...exit.state, known: START.known } })));
  }

  /** The faults are of this walk; the same one is told once. */
  #fault(law: MachineLaw, node: ts.Node, message: string): void {
    if (!this.#faults.some((each) => each.law === law && each.node === node)) this.#faults.push({ law, node, message });
  }
}
