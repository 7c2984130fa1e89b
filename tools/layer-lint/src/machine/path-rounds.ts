import { ts } from "ts-morph";
import type { Exit, PathState, Recorded } from "./path-state.ts";
import { knowing, START, stateKey } from "./path-state.ts";
import { writtenTargets } from "./shared-names.ts";
import { eachNode, rootOf } from "./syntax.ts";
import { UNKNOWN } from "./values.ts";

/** Rounds of the loop over the steps that are told apart; of later ones nothing is known that the loop writes to. */
export const MAX_ROUNDS = 12;

/** Where one round of a loop leads. */
export interface Round {
  /** States in which the next round is begun. */
  readonly ends: readonly PathState[];
  /** Ways out of the loop. */
  readonly exits: readonly Exit[];
}

/** Round after round, until a next one would know nothing else than one before; gives the ends and the ways out of all of them. */
export function roundsOf(
  loop: ts.IterationStatement,
  head: PathState,
  { checker, run }: { readonly checker: ts.TypeChecker; readonly run: (start: PathState) => Round },
): Round {
  const leaving: Exit[] = [];
  const over: PathState[] = [];
  const seen = new Set<string>();
  const open: PathState[] = [nextRound(head, loop)];
  for (let round = open.pop(); round !== undefined; round = open.pop()) {
    const start = seen.size < MAX_ROUNDS ? round : forgetting(loop, round, { checker });
    if (seen.has(stateKey(start))) continue;
    seen.add(stateKey(start));
    const { ends, exits } = run(start);
    leaving.push(...exits);
    over.push(...ends);
    open.push(...ends.map((end) => nextRound(end, loop)));
  }
  return { ends: over, exits: leaving };
}

/** What is known of names from outside of the loop is known in the next round, too. */
export function nextRound({ known, failed, afterFailure, way, waiting }: PathState, loop: ts.Node): PathState {
  const isOutside = (symbol: ts.Symbol): boolean =>
    (symbol.declarations ?? []).every((each) => each.pos < loop.pos || each.end > loop.end);
  const failedAt = afterFailure ?? (failed ? way : undefined);
  return {
    ...START,
    isTurn: true,
    waiting,
    known: new Map([...known].filter(([symbol]) => isOutside(symbol))),
    ...(failedAt !== undefined && { afterFailure: failedAt }),
  };
}

/** What a loop writes to is not known in it: all of it, or those writes that `forgets` says. */
export function forgetting(
  loop: ts.Node,
  state: PathState,
  {
    checker,
    forgets = isAnyWrite,
  }: { readonly checker: ts.TypeChecker; readonly forgets?: (write: ts.Node) => boolean },
): PathState {
  let left = state;
  eachNode(loop, (node) => {
    if (!forgets(node)) return;
    for (const target of writtenTargets(node)) {
      const root = rootOf(target);
      if (ts.isIdentifier(root)) left = knowing(left, checker.getSymbolAtLocation(root), UNKNOWN);
    }
  });
  return left;
}

function isAnyWrite(): boolean {
  return true;
}

/** A write that gives another value in each round. */
export function isCounting(node: ts.Node): boolean {
  return !ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken;
}

/** What was recorded somewhere in the node. */
export function recordedAt(node: ts.Node): Recorded {
  return new Map([[node, { at: node, into: new Set(), value: UNKNOWN, isEarly: false }]]);
}

/** After the loop the round that left it is over, unless a step was performed in it and not recorded. */
export function settled(state: PathState): PathState {
  const isOpen = state.performed > 0 && state.recorded.size === 0;
  return isOpen || state.recorded.size > 0
    ? state
    : { ...state, recorded: state.turn === undefined ? new Map() : recordedAt(state.turn) };
}
