import { formsOf } from "./secret-forms.ts";
import { PatternAutomaton } from "./pattern-automaton.ts";
import { StreamRedactor } from "./stream-redactor.ts";
import type { KnownPatterns } from "./stream-redactor.ts";

/** Values that are remembered of one secret: what was handed out before a change is still about. */
const VALUES_REMEMBERED = 8;

/** As deep as an output may be; what is deeper is refused by the executor. */
const JSON_DEPTH = 64;

/** What stands in the place of a secret. */
export function markerOf(name: string): string {
  return `[redacted:${name}]`;
}

/** Replaces the values of secrets, in whatever form of {@link formsOf}, in everything that is to be told. */
export class Redactor {
  readonly #names: readonly string[];
  readonly #values: readonly string[][];
  #known: KnownPatterns;

  /** `names` of all secrets that there may be. */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.#values = names.map(() => []);
    this.#known = this.#patterns();
  }

  /** Looks for this value from now on, also in streams that have begun. */
  learn(values: ReadonlyMap<string, string>): void {
    let news = false;
    for (const [index, name] of this.#names.entries()) {
      const value = values.get(name);
      const remembered = this.#values[index] ?? [];
      if (value === undefined || remembered.includes(value)) continue;
      remembered.push(value);
      if (remembered.length > VALUES_REMEMBERED) remembered.shift();
      news = true;
    }
    if (news) this.#known = this.#patterns();
  }

  /** A redactor of one stream of bytes. */
  stream(): StreamRedactor {
    return new StreamRedactor(() => this.#known);
  }

  /** The same text if there is no secret in it. */
  text(text: string): string {
    const stream = this.stream();
    const told = Buffer.concat([stream.push(Buffer.from(text)), stream.end()]);
    return stream.found ? told.toString("utf8") : text;
  }

  /**
   * A copy of a JSON value without secrets: in texts, in names of members, in numbers. What is not JSON stays as it is, for
   * whoever refuses it.
   */
  json(value: unknown, depth = 0): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") return this.#number(value);
    if (typeof value !== "object" || value === null || depth > JSON_DEPTH) return value;
    if (Array.isArray(value)) return Array.from<unknown, unknown>(value, (item) => this.json(item, depth + 1));
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return value;
    const members = new Map<string, unknown>();
    for (const [name, member] of Object.entries(value)) {
      members.set(unlike(this.text(name), members), this.json(member, depth + 1));
    }
    return Object.fromEntries(members);
  }

  #number(value: number): number | string {
    const text = String(value);
    const told = this.text(text);
    return told === text ? value : told;
  }

  #patterns(): KnownPatterns {
    const patterns = this.#values.flatMap((values, owner) =>
      values.flatMap((value) => Array.from(formsOf(value), (bytes) => ({ bytes, owner }))),
    );
    return {
      automaton: new PatternAutomaton(patterns),
      markers: this.#names.map((name) => Buffer.from(markerOf(name))),
    };
  }
}

/** Two names that held secrets must not become one: a member would be lost. */
function unlike(name: string, taken: ReadonlyMap<string, unknown>): string {
  let unused = name;
  for (let count = 2; taken.has(unused); count += 1) unused = `${name}#${count}`;
  return unused;
}
