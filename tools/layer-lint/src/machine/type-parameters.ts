import { ts } from "ts-morph";
import { eachNode, isCallNode } from "./syntax.ts";
import type { TypedProgram } from "./typed-program.ts";

/** What stands for a type parameter of the layer's own classes, types and functions, wherever the layer uses them. */
export type Bindings = ReadonlyMap<ts.Symbol, ReadonlySet<ts.Type>>;

/** Reads every use of something generic in the layer: code that is written for any type is also code for this one. */
export function typeBindings({ checker, files }: TypedProgram): Bindings {
  const bindings = new Map<ts.Symbol, Set<ts.Type>>();
  const bind = (parameter: ts.Type, type: ts.Type): void => {
    const { symbol } = parameter;
    if (!parameter.isTypeParameter() || parameter === type) return;
    bindings.set(symbol, (bindings.get(symbol) ?? new Set()).add(type));
  };
  const match = (declared: ts.Type, given: ts.Type, depth = 0): void => {
    if (depth > MAX_DEPTH) return;
    bind(declared, given);
    if (!isReference(declared)) return;
    const parts = given.isUnion() ? given.types : [given];
    const inner = checker.getTypeArguments(declared);
    const isAlike = (part: ts.TypeReference): boolean =>
      part.target === declared.target || (checker.isArrayLikeType(part) && checker.isArrayLikeType(declared));
    for (const part of parts.filter(isReference).filter(isAlike)) {
      for (const [index, argument] of checker.getTypeArguments(part).entries()) {
        const parameter = inner[index];
        if (parameter !== undefined) match(parameter, argument, depth + 1);
      }
    }
  };
  for (const file of files) {
    eachNode(file, (node) => {
      if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node) || ts.isNewExpression(node))
        matchReference(checker.getTypeAtLocation(node), match);
      if (isCallNode(node)) matchCall(node, checker, match);
    });
  }
  return bindings;
}

const MAX_DEPTH = 3;

type Match = (declared: ts.Type, given: ts.Type) => void;

function isReference(type: ts.Type): type is ts.TypeReference {
  const isObject = (type.flags & ts.TypeFlags.Object) !== 0;
  return isObject && ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0; // as: its flags say so
}

function matchReference(type: ts.Type, match: Match): void {
  if (!isReference(type)) return;
  for (const [index, parameter] of (type.target.typeParameters ?? []).entries()) {
    const argument = type.typeArguments?.[index];
    if (argument !== undefined) match(parameter, argument);
  }
}

/** What a generic function was declared to take, beside what this call has it take. */
function matchCall(call: ts.CallLikeExpression, checker: ts.TypeChecker, match: Match): void {
  const signature = checker.getResolvedSignature(call);
  const { declaration } = signature ?? {};
  if (signature === undefined || declaration === undefined || ts.isJSDocSignature(declaration)) return;
  const generic = checker.getSignatureFromDeclaration(declaration);
  if (generic?.typeParameters === undefined) return;
  for (const [index, parameter] of generic.getParameters().entries()) {
    const given = signature.getParameters()[index];
    if (given === undefined) continue;
    match(checker.getTypeOfSymbolAtLocation(parameter, declaration), checker.getTypeOfSymbolAtLocation(given, call));
  }
  match(generic.getReturnType(), signature.getReturnType());
}
