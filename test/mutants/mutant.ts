/** One change of a source file: `search` stands in it exactly once. */
export interface Edit {
  /** Path from the top of the repository. */
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

/** What must notice a mutant: a test that fails, or the checker of the layers with one of these laws. */
export type Watch = { readonly tests: readonly string[] } | { readonly laws: readonly string[] };

/** One plausible mistake, written by hand. */
export interface Mutant {
  /** Unique; a few words with dashes. */
  readonly name: string;
  /** The law or promise that it breaks. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  readonly watch: Watch;
}

/** A mutant of one file that is killed by tests. `change` is what stands there and what is put in its place. */
export function mutant(
  name: string,
  breaks: string,
  {
    file,
    change,
    tests,
  }: { readonly file: string; readonly change: Change | readonly Change[]; readonly tests: string },
): Mutant {
  const changes = (typeof change[0] === "string" ? [change] : change) as readonly Change[]; // one, or a list of them
  return {
    name,
    breaks,
    edits: changes.map(([search, replace]) => ({ file, search, replace })),
    watch: { tests: tests.split(" ").map((path) => `test/${path}.test.ts`) },
  };
}

/** What stands there, and what is put in its place. */
export type Change = readonly [search: string, replace: string];

/** The text with the edit made. @throws {EditError} if what is searched for does not stand there exactly once. */
export function edited(text: string, edit: Edit): string {
  const pieces = text.split(edit.search);
  if (pieces.length !== 2) throw new EditError(edit, pieces.length - 1);
  return pieces.join(edit.replace);
}

/** A mutant no longer fits the source. */
export class EditError extends Error {
  override readonly name = "EditError";

  constructor({ file, search }: Edit, found: number) {
    super(`${file}: found ${found} times, expected once: ${JSON.stringify(search)}; write the mutant anew`);
  }
}
