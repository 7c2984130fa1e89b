import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import { isHandedIn, symbolOf } from "./functions.ts";
import { givesNothing } from "./path-records.ts";
import type { Machine } from "./step-lists.ts";
import type { CallNode } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, eachNode, isCallNode, memberOf } from "./syntax.ts";

/**
 * EXEC-005 for what was handed in: the machine may call the step port and the methods that look at health, ask an own
 * source for a time or an id, and tell results to a sink. Anything else that comes from outside could decide for it.
 */
export function capabilityFaults(machine: Machine): Fault[] {
  const faults: Fault[] = [];
  for (const file of machine.program.files) {
    eachNode(file, (node) => {
      if (isCallNode(node)) faults.push(...callFaults(node, machine));
    });
  }
  return faults;
}

function callFaults(call: CallNode, machine: Machine): Fault[] {
  const { program, functions } = machine;
  const { checker } = program;
  const callee = bare(calleeOf(call));
  if (ts.isIdentifier(callee) && callee.text === "import") return [];
  if (callee.kind === ts.SyntaxKind.ImportKeyword || callee.kind === ts.SyntaxKind.SuperKeyword) return [];
  const type = checker.getTypeAtLocation(callee);
  if ((type.flags & ts.TypeFlags.Any) !== 0 || isBareFunction(type)) {
    const message = "What is called here has no type that says what it is: it could be anything, policy too";
    const law = mayPerform(call, machine) ? (["cannot-reach", "call-once"] as const) : (["cannot-reach"] as const);
    return law.map((each) => ({ law: each, node: call, message }));
  }
  if (functions.calleesOf(call).length > 0 || functions.callsPort(call)) return [];
  const declaration = checker.getResolvedSignature(call)?.declaration;
  if (declaration === undefined || !program.isOwn(declaration) || !isHandedIn(call, program)) return [];
  if (isRead(call, machine) || isSource(call, checker) || isSink(call, machine)) return [];
  const name = callee.getText();
  const message = `${name} was handed in by somebody who is not known here: it could decide what the machine only does`;
  return [
    { law: "cannot-reach", node: call, message },
    { law: "cannot-reach", node: capabilityOf(declaration), message },
  ];
}

/** `Function`, or an object without a shape that is called. */
function isBareFunction(type: ts.Type): boolean {
  return type.symbol?.name === "Function" && type.getCallSignatures().length === 0;
}

function mayPerform(call: CallNode, { program, words }: Machine): boolean {
  const member = memberOf(bare(calleeOf(call)));
  const isNamed = member?.name === words.words.stepPort.split(".")[1];
  const root = member && program.checker.getTypeAtLocation(bare(member.object));
  return (
    isNamed ||
    (root !== undefined && words.isPort(root)) ||
    argumentsOf(call).some((each) => words.isStep(program.checker.getTypeAtLocation(each)))
  );
}

function isRead(call: CallNode, { program, words }: Machine): boolean {
  const member = memberOf(bare(calleeOf(call)));
  if (member?.name === undefined) return false;
  return (
    words.words.healthReads.includes(member.name) && words.isHealth(program.checker.getTypeAtLocation(member.object))
  );
}

/** Takes nothing and gives a text or a number: a clock, or a source of ids. */
function isSource(call: CallNode, checker: ts.TypeChecker): boolean {
  if (argumentsOf(call).length > 0) return false;
  const { flags, symbol } = checker.getTypeAtLocation(call);
  const isPlain = (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike)) !== 0;
  return isPlain || symbol?.name === "Date";
}

/** Takes results and gives nothing back. */
function isSink(call: CallNode, { program, words }: Machine): boolean {
  const types = argumentsOf(call).map((each) => program.checker.getTypeAtLocation(each));
  return (
    types.some((each) => words.isEvidence(each) || words.isEvidenceList(each)) && givesNothing(call, program.checker)
  );
}

/** The declaration that a reader has to look at: the member, the parameter or the type that lets it in. */
function capabilityOf(declaration: ts.Node): ts.Node {
  return ts.isFunctionTypeNode(declaration) ? declaration.parent : declaration;
}

/** EXEC-005 where the machine writes to what it was handed, or keeps something from one job to the next. */
export function stateFaults({ program, words }: Machine): Fault[] {
  const { checker } = program;
  const faults: Fault[] = [];
  for (const file of program.files) {
    for (const statement of file.statements) faults.push(...moduleState(statement));
    eachNode(file, (node) => {
      const written = writtenMember(node);
      if (written === undefined) return;
      const root = rootSymbol(written, checker);
      const [declaration] = root?.declarations ?? [];
      if (declaration === undefined || !isHandedParameter(declaration)) return;
      const holder = memberOf(written)?.object;
      const type = holder && checker.getTypeAtLocation(bare(holder));
      // Results and health have laws of their own, which say more.
      if (type !== undefined && (words.isEvidence(type) || words.isEvidenceList(type) || words.isStepList(type)))
        return;
      faults.push({
        law: "cannot-reach",
        node,
        message: "What the machine was handed is changed here: it writes to nothing but what it made itself",
      });
    });
  }
  return faults;
}

function writtenMember(node: ts.Node): ts.Expression | undefined {
  const isStep = ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node);
  const isWrite = isStep || ts.isDeleteExpression(node) || ts.isBinaryExpression(node);
  if (!isWrite) return undefined;
  const target = writeTarget(node);
  return target !== undefined && memberOf(target) !== undefined ? target : undefined;
}

function writeTarget(
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression | ts.DeleteExpression | ts.BinaryExpression,
): ts.Expression | undefined {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment ? bare(node.left) : undefined;
  }
  if (ts.isDeleteExpression(node)) return bare(node.expression);
  const counts = node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
  return counts ? bare(node.operand) : undefined;
}

function rootSymbol(target: ts.Expression, checker: ts.TypeChecker): ts.Symbol | undefined {
  let at = target;
  for (let member = memberOf(at); member !== undefined; member = memberOf(at)) at = bare(member.object);
  return ts.isIdentifier(at) ? symbolOf(checker, at) : undefined;
}

/** A parameter of a function that others than its own file can call. */
function isHandedParameter(declaration: ts.Node): boolean {
  let at: ts.Node = declaration;
  while (ts.isBindingElement(at) || ts.isObjectBindingPattern(at) || ts.isArrayBindingPattern(at)) at = at.parent;
  if (!ts.isParameter(at)) return isTakenFromParameter(at);
  const { parent: owner } = at;
  if (ts.isFunctionDeclaration(owner)) return isExported(owner);
  return ts.isClassElement(owner) || (ts.isVariableDeclaration(owner.parent) && isExported(owner.parent.parent.parent));
}

/** `const { contract } = job` and `for (const step of job.steps)` hold parts of what was handed in. */
function isTakenFromParameter(at: ts.Node): boolean {
  if (!ts.isVariableDeclaration(at)) return false;
  const list = at.parent;
  const source =
    at.initializer ??
    (ts.isVariableDeclarationList(list) && ts.isForOfStatement(list.parent) ? list.parent.expression : undefined);
  if (source === undefined) return false;
  let root = bare(source);
  for (let member = memberOf(root); member !== undefined; member = memberOf(root)) root = bare(member.object);
  if (!ts.isIdentifier(root) || root === source) return false;
  let owner: ts.Node = at;
  while (!ts.isFunctionLike(owner) && !ts.isSourceFile(owner)) owner = owner.parent;
  const { text } = root;
  return (
    ts.isFunctionLike(owner) && owner.parameters.some((each) => ts.isIdentifier(each.name) && each.name.text === text)
  );
}

function isExported(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((each) => each.kind === ts.SyntaxKind.ExportKeyword)
  );
}

/** State that outlives a job. */
function moduleState(statement: ts.Statement): Fault[] {
  if (!ts.isVariableStatement(statement)) return [];
  const { declarationList: list } = statement;
  const isDeclared = (ts.getModifiers(statement) ?? []).some((each) => each.kind === ts.SyntaxKind.DeclareKeyword);
  if (isDeclared) return [];
  const isConst = (list.flags & ts.NodeFlags.Const) !== 0;
  return list.declarations
    .filter(({ initializer }) => !isConst || (initializer !== undefined && holdsState(bare(initializer))))
    .map((node) => ({
      law: "cannot-reach",
      node,
      message: "This outlives the job: the machine keeps nothing from one job to the next, or it could decide by it",
    }));
}

function holdsState(value: ts.Expression): boolean {
  if (!ts.isNewExpression(value)) return false;
  const isCollection = /^(Map|Set|WeakMap|WeakSet|Array)$/.test(value.expression.getText());
  return isCollection && (value.arguments ?? []).length === 0;
}
