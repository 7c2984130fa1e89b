import type { Json } from "#model";

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]{0,127})\}/g;
const TEXT_CHARACTERS = 1024 * 1024;

/** What a text becomes, or why it cannot be resolved. */
export type Interpolated = { readonly text: string } | { readonly problem: string };

/**
 * Resolves `${NAME}` in texts by variables whose values may name others: looked up when a text needs them, so that a value
 * set last is the one that everybody sees. `$${` stands for `${`.
 */
export class Variables {
  readonly #values: ReadonlyMap<string, string>;
  readonly #resolved = new Map<string, Interpolated>();

  /** Later layers win. An empty value is a value. */
  constructor(layers: readonly Readonly<Record<string, string>>[]) {
    this.#values = new Map(layers.flatMap((layer) => Object.entries(layer)));
  }

  /** Every variable with its value resolved; the problems of those that have none. */
  all(): { readonly values: Readonly<Record<string, string>>; readonly problems: ReadonlyMap<string, string> } {
    const values: [string, string][] = [];
    const problems = new Map<string, string>();
    for (const name of this.#values.keys()) {
      const resolved = this.#resolve(name, []);
      if ("text" in resolved) values.push([name, resolved.text]);
      else problems.set(name, resolved.problem);
    }
    return { values: Object.fromEntries(values), problems };
  }

  /** The text with every reference replaced. */
  text(text: string): Interpolated {
    return this.#expand(text, []);
  }

  /** The value with every reference in its texts replaced; member names are left as they are. */
  json(value: Json, onProblem: (path: string, problem: string) => void, path = ""): Json {
    if (typeof value === "string") {
      const done = this.text(value);
      if ("text" in done) return done.text;
      onProblem(path, done.problem);
      return value;
    }
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value))
      return (value as readonly Json[]).map((item, at) => this.json(item, onProblem, `${path}[${at}]`));
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        this.json(member, onProblem, path === "" ? name : `${path}.${name}`),
      ]),
    );
  }

  #resolve(name: string, chain: readonly string[]): Interpolated {
    const known = this.#resolved.get(name);
    if (known !== undefined) return known;
    const path = [...chain, name];
    if (chain.includes(name)) return { problem: `refers to itself: ${path.join(" -> ")}` };
    const value = this.#values.get(name);
    if (value === undefined) {
      const through = chain.length === 0 ? "" : ` (by way of ${chain.join(" -> ")})`;
      const hint = "set it in the plan or the job, with --env, or list it under inherit_env; write $${ for a plain ${";
      return { problem: `refers to \${${name}}, which is not set${through}: ${hint}` };
    }
    const resolved = this.#expand(value, path);
    if ("text" in resolved || chain.length === 0) this.#resolved.set(name, resolved);
    return resolved;
  }

  #expand(text: string, chain: readonly string[]): Interpolated {
    if (!text.includes("${")) return { text };
    let problem: string | undefined;
    const expanded = text.replace(REFERENCE, (written, name: string | undefined) => {
      if (name === undefined) return "${";
      const resolved = problem === undefined ? this.#resolve(name, chain) : { text: "" };
      if ("text" in resolved) return resolved.text;
      problem = resolved.problem;
      return written;
    });
    if (problem !== undefined) return { problem };
    if (expanded.length > TEXT_CHARACTERS)
      return { problem: `becomes ${expanded.length} characters long; at most ${TEXT_CHARACTERS} are allowed` };
    return { text: expanded };
  }
}
