import { ts } from "ts-morph";
import type { Machine } from "./step-lists.ts";
import type { Owner } from "./syntax.ts";
import { bare, eachNode, isFunctionNode, memberOf, ownerOf, rootOf, writtenBy } from "./syntax.ts";
import { turnsOf } from "./turn-functions.ts";

/** What is written to at times that no path shows: of its value nothing is ever known. */
export interface Shared {
  /** Names that another function than their own writes to. */
  readonly names: ReadonlySet<ts.Symbol>;
  /** Members that are written to where their object has no name of the same function. */
  readonly members: ReadonlySet<string>;
}

/** Looks for every write in the layer that happens out of turn. */
export function sharedNames(machine: Machine): Shared {
  const { program } = machine;
  const { checker } = program;
  const names = new Set<ts.Symbol>();
  const members = new Set<string>();
  for (const file of program.files) {
    eachNode(file, (node) => {
      for (const target of writtenTargets(node)) {
        const root = rootOf(target);
        const symbol = ts.isIdentifier(root) ? checker.getSymbolAtLocation(root) : undefined;
        const [declaration] = symbol?.declarations ?? [];
        const isLocal =
          declaration !== undefined && !ts.isParameter(declaration) && ownerOf(declaration) === ownerOf(target);
        const member = memberOf(target);
        if (member === undefined && symbol !== undefined && declaration !== undefined) {
          if (inTurn(ownerOf(target), machine) !== inTurn(ownerOf(declaration), machine)) names.add(symbol);
        } else if (member?.name !== undefined && !isLocal) members.add(member.name);
      }
    });
  }
  return { names, members };
}

/** A function that `reduce` calls for each step, one after the other, is in turn with the one around it. */
function inTurn(owner: Owner, machine: Machine): Owner {
  const isTurn = isFunctionNode(owner) && turnsOf(machine).get(owner)?.kind === "reduce";
  return isTurn ? inTurn(ownerOf(owner), machine) : owner;
}

/** Everything that the node writes to, patterns taken apart. */
export function writtenTargets(node: ts.Node): ts.Expression[] {
  const written = writtenBy(node);
  if (written === undefined) return [];
  return partsOf(bare(written));
}

function partsOf(target: ts.Expression): ts.Expression[] {
  if (ts.isArrayLiteralExpression(target))
    return target.elements.flatMap((each) => partsOf(bare(ts.isSpreadElement(each) ? each.expression : each)));
  if (ts.isObjectLiteralExpression(target))
    return target.properties.flatMap((each) => {
      if (ts.isShorthandPropertyAssignment(each)) return [each.name];
      if (ts.isPropertyAssignment(each)) return partsOf(bare(each.initializer));
      return ts.isSpreadAssignment(each) ? partsOf(bare(each.expression)) : [];
    });
  if (ts.isBinaryExpression(target)) return partsOf(bare(target.left)); // a default
  return [target];
}
