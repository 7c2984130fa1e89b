import { ts } from "ts-morph";
import type { Fault, MachineLaw } from "./fault.ts";
import type { Exit, PathState } from "./path-state.ts";
import { outcomeOf } from "./path-records.ts";
import { PathWalker } from "./path-walker.ts";
import type { Machine } from "./step-lists.ts";
import { isStepLoop } from "./step-loops.ts";
import type { FunctionNode, Owner } from "./syntax.ts";
import { bare, eachNode, eachOwnNode, isAssignment, isCallNode, isFunctionNode, isLoop } from "./syntax.ts";
import { turnsOf } from "./turn-functions.ts";
import { lostIn } from "./waiting-records.ts";
import type { Value } from "./values.ts";
import { mayBeSame } from "./values.ts";

/** EXEC-002, EXEC-003 and EXEC-006 on every path through the functions that perform steps. */
export function outcomeFaults(machine: Machine): Fault[] {
  const faults: Fault[] = [];
  const add: Add = (law, { node, way }, message) => {
    faults.push({ law, node, message, way });
  };
  const walker = new PathWalker(machine, {
    nextTurn: (state, loop) => judgeTurn(state, loop, add),
    leave: (exit) => judgeLeaving(exit, add),
    lost: (state, scope) => judgeLost(state, scope, add),
    afterFailure: (call, state) => {
      const way = [...(state.afterFailure ?? []), call];
      const places = way.filter((each) => ts.isCatchClause(each) || isCallNode(each));
      for (const node of places)
        add(
          "stop-on-failure",
          { node, way },
          "After a failed step the next one is performed: the first failure ends the job",
        );
    },
  });
  for (const carrier of machine.functions.carriers) {
    if (!isFunctionNode(carrier)) continue;
    const turn = turnsOf(machine).get(carrier);
    if (turn?.kind === "reduce") continue; // it is followed where it is called
    const exits = turn?.kind === "iterator" ? walker.turns(carrier) : walker.exitsOf(carrier);
    for (const { state, by } of exits) if (by === "return") judgeLost(state, carrier, add);
    if (turn !== undefined) judgeEnd(exits, add);
    else if (hasStepLoop(carrier, machine)) {
      if (machine.functions.callsTo(carrier).length === 0) judgeEnd(exits, add);
    } else judgeSwallowing(carrier, exits, { machine, add });
  }
  return [...faults, ...walker.faults];
}

type Add = (law: MachineLaw, at: { readonly node: ts.Node; readonly way: readonly ts.Node[] }, message: string) => void;

function judgeTurn(state: PathState, loop: ts.Node, add: Add): void {
  // After a failure nothing more is performed, and what is not performed needs no result.
  if (state.failed || state.afterFailure !== undefined) return;
  if (state.performed === 0) {
    const message = "A declared step can be passed over: nothing is performed, and the next one is taken up";
    add("evidence-per-call", { node: state.turn ?? loop, way: state.way }, message);
    return;
  }
  judgeRecords(state, add);
  judgeSharing(state, loop, add);
}

/** What is made outside of the loop is one and the same in every round: the last step would speak for all. */
function judgeSharing({ recorded, way }: PathState, loop: ts.Node, add: Add): void {
  for (const [result, { at }] of recorded) {
    const [declaration] = "declarations" in result ? (result.declarations ?? []) : [];
    if (declaration === undefined || !ts.isVariableDeclaration(declaration)) continue;
    const isInside = declaration.pos >= loop.pos && declaration.end <= loop.end;
    if (isInside || declaration.getSourceFile() !== loop.getSourceFile() || isMadeAnew(declaration, loop)) continue;
    add(
      "evidence-per-call",
      { node: at, way },
      "The same object is recorded for every step: each needs a result of its own",
    );
  }
}

function isMadeAnew(declaration: ts.VariableDeclaration, loop: ts.Node): boolean {
  let isAssigned = false;
  eachNode(loop, (node) => {
    if (isAssignment(node) && bare(node.left).getText() === declaration.name.getText()) isAssigned = true;
  });
  return isAssigned;
}

/** Where a failure came up, and where it was taken. */
function placesOf({ caughtAt, performedAt, turn }: PathState, otherwise: ts.Node): ts.Node[] {
  const places = [performedAt, caughtAt].filter((node) => node !== undefined);
  return places.length > 0 ? places : [turn ?? otherwise];
}

function judgeLeaving({ state, by, node }: Exit, add: Add): void {
  if (state.performed > 0 && state.recorded.size > 1) judgeRecords(state, add);
  const isSilent = state.performed === 0 && state.recorded.size === 0 && by !== "throw";
  if (isSilent && state.withoutHandler !== undefined && state.afterFailure === undefined)
    add(
      "evidence-per-call",
      { node, way: state.way },
      "A step that nothing can perform ends the job without a result that says so",
    );
}

function judgeRecords({ performedAt, recorded, turn, way }: PathState, add: Add): void {
  const node = performedAt ?? turn;
  if (node === undefined) return;
  if (recorded.size === 0)
    add("evidence-per-call", { node, way }, "A step can be performed without a result being recorded");
  if (recorded.size > 1) {
    for (const place of [node, ...[...recorded.values()].map(({ at }) => at)])
      add("evidence-per-call", { node: place, way }, "More than one result is recorded for one performed step");
  }
}

/** A list that nobody is given is gone, with the records in it. */
function judgeLost(state: PathState, scope: ts.Node, add: Add): void {
  for (const node of lostIn(scope, state))
    add(
      "evidence-per-call",
      { node, way: state.way },
      "What is recorded here can be lost: the list is given to nobody before it is gone",
    );
}

/** Nobody of the layer is above: what is not recorded here is never recorded. */
function judgeEnd(exits: readonly Exit[], add: Add): void {
  for (const { state, node } of exits) {
    if (state.performed > 0 && state.recorded.size === 0 && state.performedAt !== undefined)
      add(
        "evidence-per-call",
        { node: state.performedAt, way: [...state.way, node] },
        "A step can fail without a result being recorded",
      );
  }
}

function judgeSwallowing(
  carrier: FunctionNode,
  exits: readonly Exit[],
  { machine, add }: { readonly machine: Machine; readonly add: Add },
): void {
  const returns = exits.filter((exit) => exit.by === "return");
  const good = returns.filter(({ state }) => !state.failed && state.performed > 0).map(({ value }) => value);
  const bad = returns.filter(
    ({ state, value }) => state.failed && state.recorded.size === 0 && outcomeOf(value) !== "failed",
  );
  const isLikeGood = (value: Value): boolean =>
    value.kind !== "unknown" && good.some((each) => each.kind !== "unknown" && mayBeSame(value, each));
  const isTold = bad.some(({ value }) => !isLikeGood(value));
  for (const { state, value } of bad) {
    const isSame = isLikeGood(value) && (value.kind === "literal" || !isTold);
    const isDropped =
      value.kind === "unknown" &&
      good.some((each) => each.kind === "unknown") &&
      drops(state.caughtAt) &&
      !isEvidenceReturn(carrier, machine);
    if (!isSame && !isDropped && outcomeOf(value) !== "completed") continue;
    for (const node of placesOf(state, carrier)) {
      const at = { node, way: state.way };
      add("stop-on-failure", at, "A failure is swallowed: from outside it cannot be told from success");
      if (outcomeOf(value) === "completed") add("evidence-per-call", at, "A failed step is reported as completed");
    }
  }
}

/** Whether a catch clause does nothing with what it caught. */
function drops(clause: ts.CatchClause | undefined): boolean {
  if (clause === undefined) return false;
  const name = clause.variableDeclaration?.name;
  if (name === undefined || !ts.isIdentifier(name)) return name === undefined;
  let used = false;
  eachNode(clause.block, (node) => {
    if (ts.isIdentifier(node) && node.text === name.text) used = true;
  });
  return !used;
}

function isEvidenceReturn(carrier: FunctionNode, { program, words }: Machine): boolean {
  const signature = program.checker.getSignatureFromDeclaration(carrier);
  if (signature === undefined) return false;
  const type = signature.getReturnType();
  return words.isEvidence(program.checker.getAwaitedType(type) ?? type);
}

function hasStepLoop(owner: Owner, machine: Machine): boolean {
  let found = false;
  eachOwnNode(owner, (node) => {
    if (isLoop(node) && isStepLoop(node, machine)) found = true;
  });
  return found;
}
