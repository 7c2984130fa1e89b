import { LIMITS } from "#model";
import type { Json } from "#model";
import { membersOf } from "../unread.ts";

/** How many bytes a proposed value may have as JSON text. */
export const VALUE_BYTES = LIMITS.inlinePayloadBytes;

/** A value read, or what is wrong with it. */
export type ReadValue = { readonly value: Json } | { readonly problem: string };

const TOO_LARGE = `is more than ${VALUE_BYTES} bytes as JSON; expected at most that: refer to what is larger`;
const UTF_8 = new TextEncoder();

/** Reads a JSON value and copies it, deeply frozen, so that nobody can change it later. Never throws on any value. */
export function readValue(value: unknown): ReadValue {
  const copier = new Copier();
  const copy = copier.copy(value, 0);
  if (copy === undefined) return { problem: copier.problem };
  const bytes = UTF_8.encode(JSON.stringify(copy)).length;
  return bytes > VALUE_BYTES ? { problem: TOO_LARGE } : { value: copy };
}

/** Copies JSON within a depth and a size. What is written once but stands in many places is counted in each. */
class Copier {
  problem = "is no JSON value; expected null, a boolean, a finite number, a text, a list or an object";
  #atLeastBytes = 0;

  copy(value: unknown, depth: number): Json | undefined {
    this.#atLeastBytes += typeof value === "string" ? value.length + 2 : 1;
    if (this.#atLeastBytes > VALUE_BYTES) return this.#refuse(TOO_LARGE);
    if (typeof value === "string") return value.isWellFormed() ? value : this.#refuse(ILL_FORMED);
    if (typeof value === "number") return Number.isFinite(value) ? value + 0 : undefined; // -0 becomes 0, as in JSON
    if (value === null || typeof value === "boolean") return value;
    if (typeof value !== "object") return undefined;
    if (depth >= LIMITS.jsonDepth) {
      return this.#refuse(`is nested deeper than ${LIMITS.jsonDepth} levels; expected at most that`);
    }
    return Array.isArray(value) ? this.#copyList(value, depth) : this.#copyObject(value, depth);
  }

  #copyList(list: readonly unknown[], depth: number): Json | undefined {
    const copies: Json[] = [];
    for (const item of list) {
      const copy = this.copy(item, depth + 1);
      if (copy === undefined) return undefined;
      copies.push(copy);
    }
    return Object.freeze(copies);
  }

  #copyObject(object: object, depth: number): Json | undefined {
    const copies: [string, Json][] = [];
    for (const [name, member] of Object.entries(membersOf(object))) {
      if (!name.isWellFormed()) return this.#refuse(ILL_FORMED);
      this.#atLeastBytes += name.length + 3;
      const copy = this.copy(member, depth + 1);
      if (copy === undefined) return undefined;
      copies.push([name, copy]);
    }
    return Object.freeze(Object.fromEntries(copies)); // fromEntries: a member named __proto__ stays a member
  }

  #refuse(problem: string): undefined {
    this.problem = problem;
    return undefined;
  }
}

const ILL_FORMED = "has a lone surrogate; expected well-formed Unicode";
