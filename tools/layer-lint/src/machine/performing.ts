import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import { areStepLoops, isOverSteps, isStepLoop, ownNames } from "./step-loops.ts";
import { isAwaited } from "./awaited.ts";
import { isNextTurn, turnsOf } from "./turn-functions.ts";
import { wrongStep } from "./own-step.ts";
import type { CallNode, FunctionNode } from "./syntax.ts";
import {
  argumentsOf,
  bare,
  calleeOf,
  eachNode,
  isCallNode,
  isFunctionNode,
  isLoop,
  memberOf,
  ownerOf,
  wrapped,
} from "./syntax.ts";

/**
 * EXEC-006 and EXEC-001 where a step is performed: in the one loop over the declared steps, or once in a function that is
 * called there; awaited; never handed to somebody who could do it again.
 */
export function performingFaults(machine: Machine): Fault[] {
  const { program, functions } = machine;
  const faults: Fault[] = [];
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (isCallNode(node) && functions.performs(node)) faults.push(...siteFaults(node, machine));
      if (isCallNode(node)) faults.push(...handedOut(node, machine));
      if (ts.isExpression(node)) faults.push(...referenceFaults(node, machine));
      if (ts.isDecorator(node) && isOnCarrier(node, machine))
        faults.push({
          law: "call-once",
          node,
          message: "A decorator may put anything in the place of what performs a step",
        });
    });
  }
  return faults;
}

/** On a function that performs a step, or on the class that has one. */
function isOnCarrier({ parent }: ts.Decorator, { functions }: Machine): boolean {
  const members: readonly ts.Node[] = ts.isClassLike(parent) ? parent.members : [parent];
  return members.some((member) => isFunctionNode(member) && functions.carriers.has(member));
}

function siteFaults(call: CallNode, machine: Machine): Fault[] {
  const { functions } = machine;
  const owner = ownerOf(call);
  const faults: Fault[] = [];
  const turn = isFunctionNode(owner) ? turnsOf(machine).get(owner) : undefined;
  if (turn !== undefined) faults.push(...wrongStep(call, turn.own, { machine }));
  if (
    isFunctionNode(owner) &&
    !isNextTurn(call, machine) &&
    functions.isRecursive(owner) &&
    functions.calleesOf(call).some((callee) => functions.carriers.has(callee) && functions.isRecursive(callee))
  )
    faults.push({
      law: "call-once",
      node: call,
      message: "A function that performs a step calls itself: the step could be performed again",
    });
  const loops = loopsAround(call);
  for (const loop of loops) {
    if (loop === loops[0] && areStepLoops(loops, machine))
      faults.push(...wrongStep(call, ownNames(loop, machine), { machine, loop }));
    else if (!areStepLoops(loops, machine)) faults.push(...loopFaults(call, loop, machine));
  }
  if (!isAwaited(call, machine)) {
    const message =
      "A step is performed and not awaited: the next could begin before it has ended, and nobody sees it fail";
    faults.push({ law: "in-order", node: call, message }, { law: "stop-on-failure", node: call, message });
  }
  return faults;
}

/** The loops of the call's own function that repeat it. */
function loopsAround(call: ts.Node): ts.IterationStatement[] {
  const loops: ts.IterationStatement[] = [];
  let below: ts.Node = call;
  for (let at = call.parent; !isFunctionNode(at) && !ts.isSourceFile(at); [below, at] = [at, at.parent]) {
    if (!isLoop(at)) continue;
    const isHead =
      ts.isForOfStatement(at) || ts.isForInStatement(at)
        ? at.expression === below
        : ts.isForStatement(at) && at.initializer === below;
    if (!isHead) loops.push(at);
  }
  return loops;
}

function loopFaults(call: CallNode, loop: ts.IterationStatement, machine: Machine): Fault[] {
  if (isStepLoop(loop, machine))
    return [
      {
        law: "call-once",
        node: call,
        message: "A step is performed in a loop within a loop: more than once for each step",
      },
    ];
  const faults: Fault[] = [
    {
      law: "call-once",
      node: call,
      message: "A step is performed in a loop that is not the one over the declared steps: it could be performed again",
    },
  ];
  if (isOverSteps(loop, machine)) {
    const message = "This loop does not go upwards over the declared steps themselves: their order cannot be proven";
    faults.push({ law: "in-order", node: loop, message });
    if (ts.isForOfStatement(loop)) faults.push({ law: "in-order", node: loop.expression, message });
  }
  return faults;
}

/** Something that performs steps is given to code that is not the machine's. */
function handedOut(call: CallNode, { program, words, functions }: Machine): Fault[] {
  const { checker } = program;
  if (functions.calleesOf(call).length > 0 || functions.callsPort(call)) return [];
  const callee = bare(calleeOf(call)).getText();
  const keeps = /(^|\.)(set|has|get|add|from|isArray|Map|Set|freeze|push)$/.test(callee);
  if (keeps) return [];
  return argumentsOf(call)
    .filter((argument) => words.isPort(checker.getTypeAtLocation(argument)))
    .map((argument) => ({
      law: "call-once",
      node: argument,
      message: `Something that performs steps is handed to ${callee}, which could perform them as often as it likes`,
    }));
}

/** The port, and functions that perform steps, may be called; whoever holds one as a value could call it again. */
function referenceFaults(node: ts.Expression, machine: Machine): Fault[] {
  const { program, words, functions } = machine;
  if (isFunctionNode(node) && functions.carriers.has(node)) return inlineFaults(node, machine);
  const isMember = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
  if (!isMember && !(ts.isIdentifier(node) && !isMemberName(node))) return [];
  const symbol = symbolOf(program.checker, node);
  const target = functions.functionOf(node);
  const isPort = words.isPortMethod(symbol) && isMember;
  if (!isPort && (target === undefined || !functions.carriers.has(target))) return [];
  if (isName(node) || isCallee(node)) return isPort ? optionalCall(node) : [];
  if (isPort && ts.isIdentifier(node)) return [];
  if (!isPort && isOnlyCalled(node, machine)) return [];
  const what = isPort ? "The step port's method" : "A function that performs steps";
  return escaped(node, { machine, what });
}

function optionalCall(node: ts.Expression): Fault[] {
  const { parent } = wrapped(node);
  if (!ts.isCallExpression(parent) || parent.questionDotToken === undefined) return [];
  return [
    {
      law: "evidence-per-call",
      node,
      message: "A step is performed only if there is something to perform it: without, nothing would be recorded",
    },
  ];
}

function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) &&
    parent.getChildAt(parent.getChildCount() - 1) === node
  );
}

/** Names in declarations, imports, exports and types. */
function isName(node: ts.Node): boolean {
  const { parent } = node;
  if (
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isTypeQueryNode(parent)
  )
    return true;
  if (ts.isExportAssignment(parent)) return true;
  return "name" in parent && parent.name === node;
}

function isCallee(node: ts.Expression): boolean {
  const use = wrapped(node);
  return (ts.isCallExpression(use.parent) || ts.isNewExpression(use.parent)) && use.parent.expression === use;
}

function inlineFaults(node: FunctionNode & ts.Expression, machine: Machine): Fault[] {
  const use = wrapped(node);
  const { parent } = use;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyDeclaration(parent) || ts.isExportAssignment(parent)) return [];
  if (isCallee(node) || ts.isMethodDeclaration(node)) return [];
  if (ts.isPropertyAssignment(parent) || isOnlyCalled(node, machine)) return [];
  if (turnsOf(machine).get(node)?.kind === "reduce") return [];
  return escaped(node, { machine, what: "A function that performs a step" });
}

/** Handed to a function of the layer that does nothing with it but call it: those calls are followed. */
function isOnlyCalled(node: ts.Expression, { program, functions }: Machine): boolean {
  const use = wrapped(node);
  const { parent: call } = use;
  if (!ts.isCallExpression(call)) return false;
  const index = call.arguments.indexOf(use);
  const targets = functions.calleesOf(call);
  const { checker } = program;
  return (
    index >= 0 &&
    !targets.some((target) => target === bare(node)) &&
    targets.length > 0 &&
    targets.every((target) => {
      const name = target.parameters[index]?.name;
      if (name === undefined || !ts.isIdentifier(name)) return false;
      const symbol = checker.getSymbolAtLocation(name);
      const uses: ts.Identifier[] = [];
      eachNode(target, (each) => {
        if (ts.isIdentifier(each) && each !== name && checker.getSymbolAtLocation(each) === symbol) uses.push(each);
      });
      return uses.every(({ parent }, place) => {
        const isCalled = ts.isCallExpression(parent) && parent.expression === uses[place];
        return isCalled && functions.calleesOf(parent).length > 0;
      });
    })
  );
}

function escaped(
  node: ts.Expression,
  { machine, what }: { readonly machine: Machine; readonly what: string },
): Fault[] {
  const message = `${what} is handed on as a value: whoever holds it could call it again, or in another order`;
  const faults: Fault[] = [{ law: "call-once", node, message }];
  if (isChained(node)) faults.push({ law: "stop-on-failure", node, message });
  if (isUnderSteps(node, machine)) faults.push({ law: "in-order", node, message });
  return faults;
}

/** What a promise calls when it is kept or broken may be called after a failure. */
function isChained(node: ts.Expression): boolean {
  const { parent: call } = wrapped(node);
  const name = ts.isCallExpression(call) ? memberOf(bare(call.expression))?.name : undefined;
  return name === "then" || name === "catch" || name === "finally";
}

/** Whether the value goes to a method of a list of steps, or to something that runs several at once. */
function isUnderSteps(node: ts.Node, { program, words }: Machine): boolean {
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (!ts.isCallExpression(at)) continue;
    const member = memberOf(bare(at.expression));
    if (member !== undefined && words.isStepList(program.checker.getTypeAtLocation(member.object))) return true;
    if (/^Promise\.(all|allSettled|any)$/.test(at.expression.getText())) return true;
  }
  return false;
}
