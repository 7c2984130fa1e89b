import { ts } from "ts-morph";

/** Keys and indexes from the top of a JSON document. */
export type JsonPath = readonly (string | number)[];

/** Where the members of a JSON document stand, and what is wrong with its text. */
export interface JsonPlaces {
  /** The place of the member at `path`, or of its nearest parent that exists. Lines and columns from 1. */
  at(path: JsonPath): { readonly line: number; readonly column: number };
  /** Keys that stand twice in one object, of which a JSON parser silently drops the first. */
  readonly duplicates: readonly JsonPath[];
}

/** Reads positions only; the values come from `JSON.parse`. */
export function jsonPlaces(file: string, text: string): JsonPlaces {
  const source = ts.parseJsonText(file, text);
  const top = source.statements[0]?.expression;
  const duplicates: JsonPath[] = [];
  if (top !== undefined) collectDuplicates(top, [], duplicates);
  return {
    duplicates,
    at(path) {
      const node = top === undefined ? source : deepest(top, path);
      const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
      return { line: line + 1, column: character + 1 };
    },
  };
}

function deepest(top: ts.Expression, path: JsonPath): ts.Node {
  let place: ts.Node = top;
  let value: ts.Expression = top;
  for (const key of path) {
    if (ts.isObjectLiteralExpression(value)) {
      const member = value.properties.findLast((property) => keyOf(property) === key);
      if (member === undefined || !ts.isPropertyAssignment(member)) return place;
      [place, value] = [member, member.initializer];
    } else if (ts.isArrayLiteralExpression(value) && typeof key === "number") {
      const element = value.elements[key];
      if (element === undefined) return place;
      [place, value] = [element, element];
    } else return place;
  }
  return place;
}

function collectDuplicates(value: ts.Expression, path: JsonPath, found: JsonPath[]): void {
  if (ts.isArrayLiteralExpression(value)) {
    for (const [index, element] of value.elements.entries()) collectDuplicates(element, [...path, index], found);
  }
  if (!ts.isObjectLiteralExpression(value)) return;
  const seen = new Set<string>();
  for (const property of value.properties) {
    const key = keyOf(property);
    if (key === undefined || !ts.isPropertyAssignment(property)) continue;
    if (seen.has(key)) found.push([...path, key]);
    seen.add(key);
    collectDuplicates(property.initializer, [...path, key], found);
  }
}

function keyOf(property: ts.ObjectLiteralElementLike): string | undefined {
  return property.name !== undefined && ts.isStringLiteral(property.name) ? property.name.text : undefined;
}
