import type { Violation } from "#model";
import { listed, LISTED_NAMES } from "../phrase.ts";

/** All that is wrong with a value: the first 20 by name, all others as a count. */
export class Problems {
  readonly #named: Violation[] = [];
  #count = 0;

  /** How many there are, named or not. */
  get count(): number {
    return this.#count;
  }

  /** Notes one: `field` is where, `description` what was seen and what was expected. */
  tell(field: string, description: string): void {
    this.#count += 1;
    if (this.#named.length < LISTED_NAMES) this.#named.push(Object.freeze({ field, description }));
  }

  /** Notes the members that nobody knows, in one sentence. */
  tellUnknown(field: string, value: object, known: readonly string[]): void {
    const unknown = Object.keys(value).filter((name) => !known.includes(name));
    if (unknown.length === 0) return;
    this.tell(field, `has the unknown member(s) ${listed(unknown)}; expected only ${known.join(", ")}`);
  }

  /** All of them, frozen. */
  violations(): readonly Violation[] {
    const more = this.#count - this.#named.length;
    if (more === 0) return Object.freeze([...this.#named]);
    const description = `has ${more} more problem(s); correct the named ones and ask again`;
    return Object.freeze([...this.#named, Object.freeze({ field: "request", description })]);
  }
}
