import { ts } from "ts-morph";
import type { CallNode, FunctionNode, Owner } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, eachNode, eachOwnNode, isCallNode, isFunctionNode, ownerOf } from "./syntax.ts";
import type { TypedProgram } from "./typed-program.ts";
import { isOfProject } from "./typed-program.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { constituents } from "./vocabulary.ts";

/** Who calls whom in the machine layer, and which calls perform a step. */
export interface Functions {
  readonly all: readonly FunctionNode[];
  /** Functions and modules; the modules for what stands at their top. */
  readonly owners: readonly Owner[];
  /** The functions of the layer that a call may run. */
  calleesOf(call: CallNode): readonly FunctionNode[];
  /** The function of the layer that an expression names, if it names one. */
  functionOf(expression: ts.Expression): FunctionNode | undefined;
  /** Whether the call itself goes to the step port, or to something that was handed in and takes a step. */
  callsPort(call: CallNode): boolean;
  /** Whether a step may be performed while the call runs. */
  performs(call: CallNode): boolean;
  /** Functions in which, or below which, a step is performed. */
  readonly carriers: ReadonlySet<Owner>;
  /** The calls of the layer to this function. */
  callsTo(callee: FunctionNode): readonly CallNode[];
  /** Carriers that come back to themselves. */
  isRecursive(carrier: Owner): boolean;
}

/** Reads the calls of the layer. */
export function readFunctions(program: TypedProgram, words: Vocabulary): Functions {
  const { checker, files } = program;
  const all: FunctionNode[] = [];
  const calls: CallNode[] = [];
  for (const file of files) {
    eachNode(file, (node) => {
      if (isFunctionNode(node)) all.push(node);
      if (isCallNode(node)) calls.push(node);
    });
  }
  const implementers = indexMembers(all);
  const functionOf = (expression: ts.Expression): FunctionNode | undefined => {
    const value = bare(expression);
    if (isFunctionNode(value)) return value;
    return declaredFunction(symbolOf(checker, value), { checker, depth: 0 });
  };
  const callees = new Map(
    calls.map(
      (call) =>
        [
          call,
          resolveCall(call, { program, functionOf, implementers, isStepList: (type) => words.isStepList(type) }),
        ] as const,
    ),
  );
  for (const [call, targets] of handedFunctions(callees, { program, functionOf })) callees.set(call, targets);
  const callsPort = (call: CallNode): boolean =>
    words.isPortMethod(symbolOf(checker, bare(calleeOf(call)))) || takesStepFromOutside(call);
  const takesStepFromOutside = (call: CallNode): boolean => {
    if (!ts.isCallExpression(call) || callees.get(call)?.length !== 0) return false;
    if (!argumentsOf(call).some((argument) => words.isStep(checker.getTypeAtLocation(argument)))) return false;
    return isHandedIn(call, program) && !isVerdict(call, checker);
  };
  const byOwner = Map.groupBy(calls, ownerOf);
  const owners: Owner[] = [...all, ...files];
  const carriers = carriersOf(owners, { byOwner, callees, callsPort });
  const performs = (call: CallNode): boolean =>
    callsPort(call) || (callees.get(call) ?? []).some((callee) => carriers.has(callee));
  const incoming = new Map<FunctionNode, CallNode[]>();
  for (const [call, targets] of callees) {
    for (const target of targets) incoming.set(target, [...(incoming.get(target) ?? []), call]);
  }
  return {
    all,
    owners,
    calleesOf: (call) => callees.get(call) ?? [],
    functionOf,
    callsPort,
    performs,
    carriers,
    callsTo: (callee) => incoming.get(callee) ?? [],
    isRecursive: (carrier) => comesBack(carrier, { byOwner, callees, carriers }),
  };
}

/** The symbol that an expression names, through imports. */
export function symbolOf(checker: ts.TypeChecker, expression: ts.Node): ts.Symbol | undefined {
  const named = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  let symbol = ts.isElementAccessExpression(named)
    ? checker.getSymbolAtLocation(bare(named.argumentExpression))
    : checker.getSymbolAtLocation(named);
  if (ts.isElementAccessExpression(named)) {
    const key = bare(named.argumentExpression);
    const type = checker.getTypeAtLocation(named.expression);
    symbol = ts.isStringLiteralLike(key) ? type.getProperty(key.text) : undefined;
  }
  if (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0) return checker.getAliasedSymbol(symbol);
  return symbol;
}

/**
 * Whether what is called has no body that anybody could read: a member of an interface, or a function that was handed in,
 * and no built-in of the language.
 */
export function isHandedIn(call: CallNode, program: TypedProgram): boolean {
  const declaration = program.checker.getResolvedSignature(call)?.declaration;
  if (declaration === undefined) return true;
  if ("body" in declaration && declaration.body !== undefined) return false;
  return isOfProject(declaration, program);
}

/** Whether the call answers yes or no, at once: whoever is asked so decides, and performs nothing. */
function isVerdict(call: CallNode, checker: ts.TypeChecker): boolean {
  const type = checker.getTypeAtLocation(call);
  return constituents(type).every((each) => (each.flags & ts.TypeFlags.BooleanLike) !== 0);
}

/** Methods and functions in object literals, by the name under which they are reached. */
function indexMembers(functions: readonly FunctionNode[]): Map<string, FunctionNode[]> {
  const found = new Map<string, FunctionNode[]>();
  for (const each of functions) {
    const { parent } = each;
    const holder = ts.isMethodDeclaration(each) ? each : parent;
    const isMember =
      ts.isMethodDeclaration(holder) || ts.isPropertyAssignment(holder) || ts.isPropertyDeclaration(holder);
    const name = isMember ? holder.name : ts.isVariableDeclaration(parent) ? parent.name : undefined;
    if (name === undefined || !(ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isStringLiteral(name)))
      continue;
    found.set(name.text, [...(found.get(name.text) ?? []), each]);
  }
  return found;
}

interface Tracing {
  readonly checker: ts.TypeChecker;
  readonly depth: number;
}

const MAX_DEPTH = 8;

/** The function that a symbol stands for: declared, or the initial value of a constant. */
function declaredFunction(symbol: ts.Symbol | undefined, { checker, depth }: Tracing): FunctionNode | undefined {
  if (symbol === undefined || depth > MAX_DEPTH) return undefined;
  for (const declaration of symbol.declarations ?? []) {
    if (isFunctionNode(declaration)) return declaration;
    if (ts.isShorthandPropertyAssignment(declaration)) {
      const value = checker.getShorthandAssignmentValueSymbol(declaration);
      return declaredFunction(value, { checker, depth: depth + 1 });
    }
    if (
      ts.isPropertyAssignment(declaration) ||
      ts.isVariableDeclaration(declaration) ||
      ts.isPropertyDeclaration(declaration)
    ) {
      if (declaration.initializer === undefined) continue;
      const value = bare(declaration.initializer);
      if (isFunctionNode(value)) return value;
      if (ts.isIdentifier(value) || ts.isPropertyAccessExpression(value)) {
        const next = symbolOf(checker, value);
        if (next !== symbol) return declaredFunction(next, { checker, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

interface Resolving {
  readonly program: TypedProgram;
  readonly functionOf: (expression: ts.Expression) => FunctionNode | undefined;
  readonly implementers: ReadonlyMap<string, readonly FunctionNode[]>;
  readonly isStepList: (type: ts.Type) => boolean;
}

/** What `reduce` calls for each entry of a list of steps. */
function foldedOver(
  call: CallNode,
  checker: ts.TypeChecker,
  isStepList: (type: ts.Type) => boolean,
): FunctionNode | undefined {
  const callee = bare(calleeOf(call));
  const [first] = argumentsOf(call);
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== "reduce" || first === undefined) return undefined;
  const callback = bare(first);
  return isFunctionNode(callback) && isStepList(checker.getTypeAtLocation(callee.expression)) ? callback : undefined;
}

function resolveCall(
  call: CallNode,
  { program, functionOf, implementers, isStepList }: Resolving,
): readonly FunctionNode[] {
  const { checker } = program;
  const folded = foldedOver(call, checker, isStepList);
  if (folded !== undefined) return [folded];
  const direct = functionOf(calleeOf(call));
  if (direct !== undefined && program.isOwn(direct)) return [direct];
  const declaration = checker.getResolvedSignature(call)?.declaration;
  if (declaration === undefined || !program.isOwn(declaration)) return [];
  if (isFunctionNode(declaration)) return [declaration];
  const name = memberName(declaration);
  return name === undefined ? [] : (implementers.get(name) ?? []);
}

/**
 * Calls of a parameter, with the functions that stand in its place: those that the layer's own calls hand over, if each hands
 * over one of the layer.
 */
function handedFunctions(
  callees: ReadonlyMap<CallNode, readonly FunctionNode[]>,
  { program, functionOf }: Pick<Resolving, "program" | "functionOf">,
): Map<CallNode, readonly FunctionNode[]> {
  const found = new Map<CallNode, readonly FunctionNode[]>();
  for (const [call, targets] of callees) {
    const callee = bare(calleeOf(call));
    const [declaration] = (ts.isIdentifier(callee) && symbolOf(program.checker, callee)?.declarations) || [];
    if (targets.length > 0 || declaration === undefined || !ts.isParameter(declaration)) continue;
    const { parent: owner } = declaration;
    if (!isFunctionNode(owner)) continue;
    const index = owner.parameters.indexOf(declaration);
    const callers = [...callees].filter(([, all]) => all.includes(owner)).map(([each]) => each);
    const handed = callers.map((each) => {
      const argument = argumentsOf(each)[index];
      const target = argument === undefined ? undefined : functionOf(argument);
      return target !== undefined && program.isOwn(target) ? target : undefined;
    });
    const known = handed.filter((each) => each !== undefined);
    if (known.length > 0 && known.length === handed.length) found.set(call, [...new Set(known)]);
  }
  return found;
}

/** The name of the interface member, or of the parameter, whose type this signature is. */
function memberName(declaration: ts.Node): string | undefined {
  const holder = ts.isMethodSignature(declaration) ? declaration : declaration.parent;
  if (!(ts.isMethodSignature(holder) || ts.isPropertySignature(holder))) return undefined;
  return ts.isIdentifier(holder.name) || ts.isStringLiteral(holder.name) ? holder.name.text : undefined;
}

interface Calls {
  readonly byOwner: ReadonlyMap<Owner, readonly CallNode[]>;
  readonly callees: ReadonlyMap<CallNode, readonly FunctionNode[]>;
}

function carriersOf(
  owners: readonly Owner[],
  { byOwner, callees, callsPort }: Calls & { readonly callsPort: (call: CallNode) => boolean },
): Set<Owner> {
  const carriers = new Set<Owner>(owners.filter((owner) => byOwner.get(owner)?.some(callsPort) === true));
  for (let before = -1; before !== carriers.size;) {
    before = carriers.size;
    for (const owner of owners) {
      const own = byOwner.get(owner) ?? [];
      if (own.some((call) => callees.get(call)?.some((callee) => carriers.has(callee)) === true)) carriers.add(owner);
    }
  }
  return carriers;
}

function comesBack(
  start: Owner,
  { byOwner, callees, carriers }: Calls & { readonly carriers: ReadonlySet<Owner> },
): boolean {
  const seen = new Set<Owner>();
  const open: Owner[] = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of (byOwner.get(at) ?? []).flatMap((call) => callees.get(call) ?? [])) {
      if (next === start) return true;
      if (!carriers.has(next) || seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return false;
}

/** Whether something in the function itself, not in functions inside, fits. */
export function hasOwn(owner: Owner, test: (node: ts.Node) => boolean): boolean {
  let found = false;
  eachOwnNode(owner, (node) => {
    found ||= test(node);
  });
  return found;
}
