import { ts } from "ts-morph";
import type { ExpressionWalker } from "./path-expressions.ts";
import type { Round } from "./path-rounds.ts";
import { forgetting, isCounting, recordedAt, roundsOf, settled } from "./path-rounds.ts";
import type { Exit, Flow, PathState } from "./path-state.ts";
import { distinctStates, knowing, passing } from "./path-state.ts";
import type { Machine } from "./step-lists.ts";
import { isOverBatches } from "./batches.ts";
import { isStepLoop } from "./step-loops.ts";
import { isLoop } from "./syntax.ts";
import type { Value } from "./values.ts";
import { areEqual, memberValue, UNDEFINED, UNKNOWN } from "./values.ts";

const MAX_PATHS = 400;

/** How the outcome of one loop round, or of a function, is judged. */
export interface PathJudge {
  /** One round is over and the next step's turn comes. */
  nextTurn(state: PathState, loop: ts.Node): void;
  /** A loop's round, or a function, is over, and with it the lists that were made in it. */
  lost(state: PathState, scope: ts.Node): void;
  /** A step is performed on a path on which one before it failed. */
  afterFailure(call: ts.Node, state: PathState): void;
  /** The loop over the steps is left in this round. */
  leave(exit: Exit): void;
}

/** Follows the paths through statements. */
export class StatementWalker {
  readonly #machine: Machine;
  readonly #expressions: ExpressionWalker;
  readonly #judge: PathJudge;

  constructor(machine: Machine, expressions: ExpressionWalker, judge: PathJudge) {
    this.#machine = machine;
    this.#expressions = expressions;
    this.#judge = judge;
  }

  /** The states after these statements; ways out of the block go into `flow`. */
  block(statements: readonly ts.Statement[], starts: readonly PathState[], flow: Flow): PathState[] {
    let states = [...starts];
    for (const statement of statements) {
      states = distinctStates(states.flatMap((state) => this.#statement(statement, state, flow)));
      if (states.length > MAX_PATHS) {
        this.#expressions.hooks.note(
          "call-once",
          statement,
          "There are more ways through this code than can be followed: make it simpler",
        );
        states = states.slice(0, MAX_PATHS);
      }
    }
    return states;
  }

  #statement(node: ts.Statement, state: PathState, flow: Flow): PathState[] {
    if (ts.isBlock(node)) return this.block(node.statements, [state], flow);
    if (ts.isExpressionStatement(node)) return this.#expressions.states(node.expression, state, flow);
    if (ts.isVariableStatement(node)) return this.#declarations(node.declarationList, state, flow);
    if (ts.isIfStatement(node)) return this.#if(node, state, flow);
    if (isLoop(node)) return this.#loop(node, state, flow);
    if (ts.isTryStatement(node)) return this.#try(node, state, flow);
    if (ts.isSwitchStatement(node)) return this.#switch(node, state, flow);
    if (ts.isLabeledStatement(node)) return this.#labelled(node, state, flow);
    if (ts.isReturnStatement(node)) {
      const ends =
        node.expression === undefined
          ? [{ state, value: UNDEFINED }]
          : this.#expressions.evaluate(node.expression, state, flow);
      for (const end of ends) flow.exits.push({ ...end, by: "return", node });
      return [];
    }
    if (ts.isThrowStatement(node)) {
      for (const end of this.#expressions.states(node.expression, state, flow))
        flow.exits.push({ state: end, value: UNKNOWN, by: "throw", node });
      return [];
    }
    if (ts.isBreakStatement(node) || ts.isContinueStatement(node)) {
      flow.exits.push({
        state,
        value: UNDEFINED,
        by: ts.isBreakStatement(node) ? "break" : "continue",
        label: node.label?.text,
        node,
      });
      return [];
    }
    return [state];
  }

  #declarations(list: ts.VariableDeclarationList, state: PathState, flow: Flow): PathState[] {
    let states = [state];
    for (const { name, initializer } of list.declarations) {
      if (initializer === undefined) states = states.map((each) => this.bind(name, UNDEFINED, each));
      else
        states = this.#expressions.held(initializer, states, flow).map((end) => this.bind(name, end.value, end.state));
    }
    return states;
  }

  /** Names are given a value, patterns its members. */
  bind(name: ts.BindingName, value: Value, state: PathState): PathState {
    const { checker } = this.#machine.program;
    if (ts.isIdentifier(name)) {
      const symbol = checker.getSymbolAtLocation(name);
      const isShared = symbol !== undefined && this.#expressions.shared.names.has(symbol);
      return knowing(state, symbol, isShared ? UNKNOWN : value);
    }
    let bound = state;
    for (const [index, element] of name.elements.entries()) {
      if (ts.isOmittedExpression(element)) continue;
      const key = element.propertyName ?? element.name;
      const named = ts.isObjectBindingPattern(name) ? (ts.isIdentifier(key) ? key.text : undefined) : String(index);
      const isMember = element.dotDotDotToken === undefined && element.initializer === undefined;
      bound = this.bind(element.name, isMember ? memberValue(value, named) : UNKNOWN, bound);
    }
    return bound;
  }

  #if(node: ts.IfStatement, state: PathState, flow: Flow): PathState[] {
    const { yes, no } = this.#expressions.condition(node.expression, state, flow);
    const taken = (each: PathState): PathState => passing({ ...each, turn: node }, node);
    return [
      ...this.block([node.thenStatement], yes.map(taken), flow),
      ...(node.elseStatement === undefined ? no.map(taken) : this.block([node.elseStatement], no.map(taken), flow)),
    ];
  }

  #switch(node: ts.SwitchStatement, state: PathState, flow: Flow): PathState[] {
    const inner: Flow = { exits: [] };
    const out: PathState[] = [];
    for (const { state: start, value } of this.#expressions.evaluate(node.expression, state, flow)) {
      const { clauses } = node.caseBlock;
      const isPossible = clauses.map(
        (clause) => ts.isDefaultClause(clause) || this.#mayEqual(clause.expression, value, start),
      );
      const isCertain = clauses.some(
        (clause) => ts.isCaseClause(clause) && this.#isSure(clause.expression, value, start),
      );
      if (!clauses.some(ts.isDefaultClause) && !isCertain) out.push({ ...start, turn: node });
      for (const [index, clause] of clauses.entries()) {
        if (!isPossible[index] || (ts.isDefaultClause(clause) && isCertain)) continue;
        const statements = clauses.slice(index).flatMap((each) => [...each.statements]);
        out.push(...this.block(statements, [passing({ ...start, turn: clause }, clause)], inner));
      }
    }
    return [...out, ...this.#sorted(inner, flow, (exit) => exit.by === "break" && exit.label === undefined)];
  }

  #mayEqual(expression: ts.Expression, value: Value, state: PathState): boolean {
    return this.#expressions
      .evaluate(expression, state, { exits: [] })
      .some((end) => areEqual(end.value, value) !== false);
  }

  #isSure(expression: ts.Expression, value: Value, state: PathState): boolean {
    return this.#expressions
      .evaluate(expression, state, { exits: [] })
      .every((end) => areEqual(end.value, value) === true);
  }

  #labelled(node: ts.LabeledStatement, state: PathState, flow: Flow): PathState[] {
    const inner: Flow = { exits: [] };
    const label = node.label.text;
    const normal = this.#statement(node.statement, state, inner);
    return [...normal, ...this.#sorted(inner, flow, (exit) => exit.label === label && exit.by === "break")];
  }

  /** Passes on the exits that are not meant here, and gives the states of those that are. */
  #sorted(inner: Flow, flow: Flow, isMeant: (exit: Exit) => boolean): PathState[] {
    flow.exits.push(...inner.exits.filter((exit) => !isMeant(exit)));
    return inner.exits.filter(isMeant).map(({ state }) => state);
  }

  #try(node: ts.TryStatement, state: PathState, flow: Flow): PathState[] {
    const inner: Flow = { exits: [] };
    let normal = this.block(node.tryBlock.statements, [state], inner);
    let exits = inner.exits;
    const clause = node.catchClause;
    if (clause !== undefined) {
      const thrown = exits.filter((exit) => exit.by === "throw");
      const caught: Flow = { exits: exits.filter((exit) => exit.by !== "throw") };
      const starts = thrown.map((exit) =>
        passing(exit.state.failed ? { ...exit.state, caughtAt: clause } : exit.state, clause),
      );
      normal = [...normal, ...this.block(clause.block.statements, distinctStates(starts), caught)];
      exits = caught.exits;
    }
    if (node.finallyBlock === undefined) {
      flow.exits.push(...exits);
      return normal;
    }
    const { statements } = node.finallyBlock;
    for (const exit of exits) {
      for (const end of this.block(statements, [exit.state], flow)) flow.exits.push({ ...exit, state: end });
    }
    return this.block(statements, normal, flow);
  }

  #loop(node: ts.IterationStatement, state: PathState, flow: Flow): PathState[] {
    const { checker } = this.#machine.program;
    const inner: Flow = { exits: [] };
    const heads = this.#loopHead(node, state, flow);
    const here = (exit: Exit): boolean =>
      exit.label === undefined || (ts.isLabeledStatement(node.parent) && node.parent.label.text === exit.label);
    if (isStepLoop(node, this.#machine) || isOverBatches(node, this.#machine)) {
      const counted = heads.map((head) => forgetting(node, head, { checker, forgets: isCounting }));
      return this.#stepLoop(node, counted, { inner, flow, here });
    }
    const forgotten = heads.map((head) => forgetting(node, head, { checker }));
    const ends = forgotten.flatMap((head) => this.#statement(node.statement, head, inner));
    const isLocal = (exit: Exit): boolean => (exit.by === "break" || exit.by === "continue") && here(exit);
    const left = this.#sorted(inner, flow, isLocal);
    return distinctStates(
      [...(isEndless(node) ? [] : forgotten), ...ends, ...left].map((each) => forgetting(node, each, { checker })),
    );
  }

  #loopHead(node: ts.IterationStatement, state: PathState, flow: Flow): PathState[] {
    if (ts.isForOfStatement(node) || ts.isForInStatement(node))
      return this.#expressions.states(node.expression, state, flow);
    if (ts.isForStatement(node) && node.initializer !== undefined) {
      if (ts.isVariableDeclarationList(node.initializer)) return this.#declarations(node.initializer, state, flow);
      return this.#expressions.states(node.initializer, state, flow);
    }
    if (ts.isWhileStatement(node) || ts.isDoStatement(node))
      return this.#expressions.states(node.expression, state, flow);
    return [state];
  }

  #stepLoop(
    node: ts.IterationStatement,
    heads: readonly PathState[],
    { inner, flow, here }: { readonly inner: Flow; readonly flow: Flow; readonly here: (exit: Exit) => boolean },
  ): PathState[] {
    const outs: PathState[] = [];
    for (const head of heads) {
      const again = head.performed > 0 ? 2 : 1;
      if (again === 2)
        this.#expressions.hooks.note(
          "call-once",
          node,
          "The steps are gone over a second time: each is performed once",
        );
      const { ends, exits: leaving } = roundsOf(node, head, {
        checker: this.#machine.program.checker,
        run: (start) => this.#round(node, start, { inner, here }),
      });
      for (const exit of leaving) this.#judge.leave(exit);
      const after = (state: PathState): PathState => ({ ...settled(state), performed: again, isTurn: false });
      const isBreak = (exit: Exit): boolean => exit.by === "break" && here(exit);
      outs.push(
        ...(isEndless(node) ? [] : [head, ...ends]).map(({ waiting }): PathState => ({
          ...head,
          waiting,
          performed: again,
          recorded: recordedAt(node),
        })),
        ...leaving.filter(isBreak).map((exit) => after(exit.state)),
      );
      flow.exits.push(
        ...leaving.filter((exit) => !isBreak(exit)).map((exit) => ({ ...exit, state: after(exit.state) })),
      );
    }
    return distinctStates(outs);
  }

  /** One round: what it leads to in the next one, and its ways out of the loop. */
  #round(
    node: ts.IterationStatement,
    start: PathState,
    { inner, here }: { readonly inner: Flow; readonly here: (exit: Exit) => boolean },
  ): Round {
    const isNext = (exit: Exit): boolean => exit.by === "continue" && here(exit);
    const ends = this.#statement(node.statement, start, inner);
    ends.push(...inner.exits.filter(isNext).map((exit) => ({ ...exit.state, turn: exit.node })));
    for (const end of ends) {
      this.#judge.nextTurn(end, node);
      this.#judge.lost(end, node);
    }
    return { ends, exits: inner.exits.splice(0).filter((exit) => !isNext(exit)) };
  }
}

function isEndless(node: ts.IterationStatement): boolean {
  if (ts.isForStatement(node)) return node.condition === undefined;
  return ts.isWhileStatement(node) && node.expression.kind === ts.SyntaxKind.TrueKeyword;
}
