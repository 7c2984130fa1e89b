import type { LocatedDocument } from "#document";

/** What the converter says of one place of its source. */
export interface Note {
  /** `file:line`. */
  readonly place: string;
  /** `jobs[2].command: what became of it`. */
  readonly text: string;
}

/** All that is said of a conversion. */
export interface Notes {
  /** What the plan does not have. */
  readonly leftOut: Note[];
  /** What the plan has in another way. */
  readonly changed: Note[];
  /** Why there can be no plan. */
  readonly problems: Note[];
}

/** Where a source stands, and where its notes go. */
export interface SourceContext {
  readonly file: string;
  readonly document: LocatedDocument;
  readonly notes: Notes;
}

type Path = readonly (string | number)[];

/** An object of the source, which knows which of its members nobody has asked for. */
export class Source {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: Path;
  readonly #context: SourceContext;
  readonly #asked = new Set<string>();

  constructor(members: object, path: Path, context: SourceContext) {
    this.#members = members as Readonly<Record<string, unknown>>; // read from JSON
    this.#path = path;
    this.#context = context;
  }

  /** A member, whatever it is; undefined if it is absent. */
  any(name: string): unknown {
    this.#asked.add(name);
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }

  text(name: string): string | undefined {
    return this.#of(name, "a text", (value): value is string => typeof value === "string");
  }

  number(name: string): number | undefined {
    return this.#of(name, "a number", (value): value is number => typeof value === "number");
  }

  flag(name: string): boolean | undefined {
    return this.#of(name, "true or false", (value): value is boolean => typeof value === "boolean");
  }

  list(name: string): readonly unknown[] {
    return this.#of(name, "a list", (value): value is readonly unknown[] => Array.isArray(value)) ?? [];
  }

  map(name: string): Source | undefined {
    const value = this.#of(name, "a map", isMap);
    return value === undefined ? undefined : this.inside(value, name);
  }

  /** An object that lies in this one. */
  inside(members: object, ...path: Path): Source {
    return new Source(members, [...this.#path, ...path], this.#context);
  }

  /** The names of the members. */
  names(): readonly string[] {
    return Object.keys(this.#members);
  }

  /** A plain value as it is written. */
  written(name: string): string | undefined {
    return this.#context.document.written([...this.#path, name]);
  }

  leftOut(path: Path, why: string): void {
    this.#context.notes.leftOut.push(this.#note(path, why));
  }

  changed(path: Path, how: string): void {
    this.#context.notes.changed.push(this.#note(path, how));
  }

  problem(path: Path, what: string): void {
    this.#context.notes.problems.push(this.#note(path, what));
  }

  /** Tells of every member that nobody has asked for: nothing is dropped in silence. */
  tellRest(why: (name: string) => string = () => "is not known and was left out"): void {
    for (const name of this.names()) if (!this.#asked.has(name)) this.leftOut([name], why(name));
  }

  #of<Value>(name: string, expected: string, is: (value: unknown) => value is Value): Value | undefined {
    const value = this.any(name);
    if (value === undefined || is(value)) return value;
    this.leftOut([name], `is not ${expected} and was left out`);
    return undefined;
  }

  #note(path: Path, text: string): Note {
    const { line, text: told } = this.#context.document.problemAt([...this.#path, ...path], text);
    return { place: `${this.#context.file}:${line}`, text: told };
  }
}

/** Whether a value is an object with members. */
export function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
