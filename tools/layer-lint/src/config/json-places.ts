import type { Node } from "jsonc-parser";
import { parseTree } from "jsonc-parser";
import { spotsOf } from "../source/spots.ts";

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
export function jsonPlaces(text: string): JsonPlaces {
  const spot = spotsOf(text);
  const top = parseTree(text);
  const duplicates: JsonPath[] = [];
  if (top !== undefined) collectDuplicates(top, [], duplicates);
  return { duplicates, at: (path) => spot(top === undefined ? 0 : deepest(top, path).offset) };
}

function deepest(top: Node, path: JsonPath): Node {
  let place = top;
  let value = top;
  for (const key of path) {
    if (value.type === "object") {
      const member = value.children?.findLast((property) => property.children?.[0]?.value === key);
      const held = member?.children?.[1];
      if (member === undefined || held === undefined) return place;
      [place, value] = [member, held];
    } else if (value.type === "array" && typeof key === "number") {
      const element = value.children?.[key];
      if (element === undefined) return place;
      [place, value] = [element, element];
    } else return place;
  }
  return place;
}

function collectDuplicates(value: Node, path: JsonPath, found: JsonPath[]): void {
  if (value.type === "array") {
    for (const [index, element] of (value.children ?? []).entries())
      collectDuplicates(element, [...path, index], found);
  }
  if (value.type !== "object") return;
  const seen = new Set<string>();
  for (const { children = [] } of value.children ?? []) {
    const key = String(children[0]?.value);
    const held = children[1];
    if (held === undefined) continue;
    if (seen.has(key)) found.push([...path, key]);
    seen.add(key);
    collectDuplicates(held, [...path, key], found);
  }
}
