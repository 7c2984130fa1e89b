/**
 * An expression as far as it can be computed without running the program, as plain JSON, so that it can be kept beside
 * the file and computed later, when what other files export is known.
 * A text or a number is itself; `null` is what nobody can know; a list begins with its operation.
 */
export type Term = string | number | null | readonly Term[];

/** A value that a term can have. `url` is the text of a URL object. */
export type Value =
  | string
  | number
  | { readonly url: string }
  | { readonly list: readonly Value[] }
  | { readonly record: Readonly<Record<string, Value>> };

/** All values that a term can have; `open` if there may be others. */
export interface Values {
  readonly values: readonly Value[];
  readonly open: boolean;
}

/** What a term is computed with. */
export interface Surroundings {
  /** Absolute path of the file that the term stands in. */
  readonly path: string;
  /** Absolute path of the folder that the program is started in. */
  readonly cwd: string;
  /** What the module that `specifier` names exports as `name`, with the surroundings there. */
  imported(specifier: string, name: string): readonly { readonly term: Term; readonly at: Surroundings }[];
  /** The surroundings of another file, by its absolute path. */
  elsewhere(path: string): Surroundings;
}

/** A term has at most this many values; beyond, it is open. */
export const MAX_VALUES = 64;
/** Operations inside of each other; beyond, the value is unknown. */
export const MAX_DEPTH = 60;

export const UNKNOWN: Values = { values: [], open: true };

/** Whether the term is more than a text, a number, or unknown. */
export function isOperation(term: Term | undefined): term is readonly Term[] {
  return typeof term === "object" && term !== null;
}

/** Whether a part of the term satisfies the test. */
export function someTerm(term: Term | undefined, test: (term: Term) => boolean): boolean {
  if (term === undefined) return false;
  if (test(term)) return true;
  return isOperation(term) && term.some((part, index) => index > 0 && someTerm(part, test));
}

/** The functions whose parameters are left open in the term; those of functions that stand in it are their own matter. */
export function openFunctions(term: Term, bound: readonly Term[] = [], found = new Set<number>()): ReadonlySet<number> {
  if (!isOperation(term)) return found;
  const [operation, id] = term;
  if (operation === "param" && !bound.includes(id ?? null)) found.add(Number(id));
  const inside = operation === "function" ? [...bound, id ?? null] : bound;
  for (const [index, part] of term.entries()) if (index > 0) openFunctions(part, inside, found);
  return found;
}

/** The term with the parameters of the function replaced by what it is called with. */
export function applied(term: Term, id: number, args: readonly Term[]): Term {
  if (!isOperation(term)) return term;
  const [operation, of, index] = term;
  if (operation === "param" && of === id) return args[Number(index)] ?? null;
  return term.map((part) => applied(part, id, args));
}
