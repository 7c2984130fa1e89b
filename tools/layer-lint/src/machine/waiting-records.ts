import { ts } from "ts-morph";
import type { PathState } from "./path-state.ts";
import type { Machine } from "./step-lists.ts";
import { argumentsOf, bare, isAssignment, isCallNode, isFunctionNode, memberOf, ownerOf, wrapped } from "./syntax.ts";

/** Members by which a list is only looked at, or appended to. */
const LOOKS = new Set("length size at some every find findLast findIndex includes indexOf push has get set".split(" "));

/** EXEC-002 for records that are collected: what came into a list of a function's own has to be given on before it ends. */
export class WaitingRecords {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** A record came into the list. */
  added(list: ts.Symbol | ts.Node, at: ts.Node, state: PathState): PathState {
    if (!("escapedName" in list) || !isOwnList(list)) return state;
    return { ...state, waiting: new Map([...state.waiting, [list, at]]) };
  }

  /** An assignment that puts something made of a result into a list. */
  written(node: ts.Expression, state: PathState): PathState {
    const { program, words } = this.#machine;
    const { checker } = program;
    if (!isAssignment(node) || !ts.isIdentifier(bare(node.left))) return state;
    const list = checker.getSymbolAtLocation(bare(node.left));
    const isList = checker.isArrayLikeType(checker.getTypeAtLocation(node.left));
    if (list === undefined || !isList) return state;
    let isOfResult = false;
    const visit = (each: ts.Node): void => {
      if (ts.isExpression(each) && !isFunctionNode(each)) {
        const type = checker.getTypeAtLocation(each);
        isOfResult ||= words.isEvidence(type) || words.isEvidenceList(type);
      }
      ts.forEachChild(each, visit);
    };
    visit(node.right);
    return isOfResult && !isEmpty(node.right) ? this.added(list, node, state) : state;
  }

  /** A name is used: given on, unless it is only looked at. */
  used(name: ts.Identifier, state: PathState): PathState {
    if (state.waiting.size === 0 && !this.#isList(name)) return state;
    const symbol = this.#machine.program.checker.getSymbolAtLocation(name);
    return isGivenOn(name) ? this.givenOn(symbol, state, isOutside(symbol, name)) : state;
  }

  /** A list was given on, with all that came into it. */
  givenOn(list: ts.Symbol | undefined, state: PathState, isInner = false): PathState {
    if (list === undefined || !isOwnList(list)) return state;
    const waiting = new Map(state.waiting);
    // Of a list of a function outside that one has to be told.
    if (isInner) waiting.set(list, undefined);
    else waiting.delete(list);
    return { ...state, waiting };
  }

  /** On the way on which a list is seen to be empty, nothing waits in it. */
  empty(condition: ts.Expression, { state, holds }: { readonly state: PathState; readonly holds: boolean }): PathState {
    const asked = askedLength(condition);
    if (asked === undefined || asked.isEmpty !== holds) return state;
    const symbol = this.#machine.program.checker.getSymbolAtLocation(asked.list);
    return symbol !== undefined && state.waiting.has(symbol) ? this.givenOn(symbol, state) : state;
  }

  #isList(name: ts.Identifier): boolean {
    const { checker } = this.#machine.program;
    return checker.isArrayLikeType(checker.getTypeAtLocation(name));
  }
}

/** What waits in lists that are gone once this function, or this round of a loop, is over. */
export function lostIn(scope: ts.Node, { waiting }: PathState): readonly ts.Node[] {
  return [...waiting].flatMap(([list, at]) => {
    const [declaration] = list.declarations ?? [];
    if (at === undefined || declaration === undefined) return [];
    const isInside = declaration.pos >= scope.pos && declaration.end <= scope.end;
    return isInside && declaration.getSourceFile() === scope.getSourceFile() ? [at] : [];
  });
}

/** A variable: what came in as a parameter, or is a member, is somebody else's. */
function isOwnList(list: ts.Symbol): boolean {
  const [declaration] = list.declarations ?? [];
  return declaration !== undefined && ts.isVariableDeclaration(declaration) && !ts.isSourceFile(ownerOf(declaration));
}

function isOutside(list: ts.Symbol | undefined, name: ts.Identifier): boolean {
  const [declaration] = list?.declarations ?? [];
  return declaration !== undefined && ownerOf(declaration) !== ownerOf(name);
}

function isEmpty(expression: ts.Expression): boolean {
  const node = bare(expression);
  return ts.isArrayLiteralExpression(node) && node.elements.length === 0;
}

function isGivenOn(name: ts.Identifier): boolean {
  const use = wrapped(name);
  const { parent } = use;
  const member = memberOf(parent);
  if (member !== undefined && member.object === use) return member.name !== undefined && !LOOKS.has(member.name);
  if (isAssignment(parent) && parent.left === use) return false;
  if (ts.isSpreadElement(parent)) return !isItsOwn(name, parent);
  if (isCallNode(parent)) return argumentsOf(parent).includes(use);
  const isAsked =
    ts.isPrefixUnaryExpression(parent) || ts.isTypeOfExpression(parent) || ts.isExpressionStatement(parent);
  return !isAsked && !(ts.isVariableDeclaration(parent) && parent.name === name);
}

/** `results = [...results, result]` gives nothing on. */
function isItsOwn(name: ts.Identifier, spread: ts.Node): boolean {
  for (let at = spread.parent; !ts.isStatement(at); at = at.parent)
    if (isAssignment(at)) return bare(at.left).getText() === name.text;
  return false;
}

/** `list.length > 0`, `list.length === 0`, `list.length`. */
function askedLength(
  condition: ts.Expression,
): { readonly list: ts.Identifier; readonly isEmpty: boolean } | undefined {
  const node = bare(condition);
  const isCompared = ts.isBinaryExpression(node);
  const sign = isCompared ? node.operatorToken.getText() : ">";
  if (isCompared && bare(node.right).getText() !== "0") return undefined;
  const member = memberOf(bare(isCompared ? node.left : node));
  const list = member === undefined ? undefined : bare(member.object);
  if (member?.name !== "length" || list === undefined || !ts.isIdentifier(list)) return undefined;
  if (/^(?:>|!==?)$/.test(sign)) return { list, isEmpty: false };
  return /^===?$/.test(sign) ? { list, isEmpty: true } : undefined;
}
