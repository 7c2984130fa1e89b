import { isAlias, isMap, isNode, isScalar, isSeq } from "yaml";
import type { Document, LineCounter, Node } from "yaml";
import type { Keys } from "./field-path.ts";

/** A member of a map: its key, and what stands under it. */
interface Member {
  readonly offset: number;
  readonly value: unknown;
}

/** What was found on the way along some keys. */
interface Found {
  /** Where the last key stands that was found, or the item. */
  readonly offset: number;
  /** What stands under all the keys; absent if not all were found. */
  readonly node?: unknown;
}

/** Says where things stand in a parsed document. A map is indexed once, so that many questions about a large one stay cheap. */
export class DocumentPlaces {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #indexes = new WeakMap<object, ReadonlyMap<string, Member>>();

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  /** The line of a place in the text; 1-based. */
  lineAt(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }

  /** Where the key stands, or the item, or whatever is nearest around it; 1-based. */
  lineOf(keys: Keys): number {
    return this.lineAt(this.#find(keys).offset);
  }

  /** Whether something stands under these keys. */
  holds(keys: Keys): boolean {
    return "node" in this.#find(keys);
  }

  /** The names of the members of a map, in the order of the text; none where there is no map. */
  names(keys: Keys): readonly string[] {
    const node = this.#resolved(this.#find(keys).node);
    return isMap(node) ? [...this.#indexOf(node).keys()] : [];
  }

  /** A number or another plain value exactly as it was written: `1.10`, and not 1.1. */
  written(keys: Keys): string | undefined {
    const node = this.#resolved(this.#find(keys).node);
    return isScalar(node) ? node.source : undefined;
  }

  #find(keys: Keys): Found {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const key of keys) {
      const around = this.#resolved(node);
      const member = isMap(around) ? this.#indexOf(around).get(String(key)) : itemOf(around, key);
      if (member === undefined) return { offset };
      offset = member.offset;
      node = member.value;
    }
    return { offset, node };
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #indexOf(map: Node & { readonly items: readonly { readonly key: unknown; readonly value: unknown }[] }) {
    const known = this.#indexes.get(map);
    if (known !== undefined) return known;
    const index = new Map<string, Member>();
    const around = startOf(map) ?? 0;
    for (const { key, value } of map.items)
      if (isScalar(key)) index.set(String(key.value), { offset: startOf(key) ?? around, value });
    this.#indexes.set(map, index);
    return index;
  }
}

function itemOf(list: unknown, key: PropertyKey): Member | undefined {
  if (!isSeq(list)) return undefined;
  const value: unknown = list.items[Number(key)];
  const offset = startOf(value);
  return offset === undefined ? undefined : { offset, value };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
