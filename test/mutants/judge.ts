import type { Mutant, Watch } from "./mutant.ts";
import { EditError } from "./mutant.ts";
import { TreeCopy } from "./tree-copy.ts";
import { look } from "./watch.ts";
import type { Sight } from "./watch.ts";

/** What became of one mutant. */
export interface Judgement {
  readonly mutant: Mutant;
  readonly verdict: "killed" | "SURVIVED" | "BROKEN";
  /** The test or law that noticed it, or what was seen instead. */
  readonly by: string;
  readonly seconds: number;
}

/** Why nothing could be judged: a mutant that no longer fits, or tests that fail without any mutant. */
export class Unjudgeable extends Error {
  override readonly name = "Unjudgeable";
}

/** Judges one mutant in this copy, and leaves the copy as it was. */
export async function judge(mutant: Mutant, copy: TreeCopy): Promise<Judgement> {
  const begin = performance.now();
  const { saw, by } = await lookWith(mutant, copy);
  const verdict = saw === "noticed" ? "killed" : saw === "nothing" ? "SURVIVED" : "BROKEN";
  return { mutant, verdict, by, seconds: (performance.now() - begin) / 1000 };
}

async function lookWith({ edits, watch }: Mutant, copy: TreeCopy): Promise<Sight> {
  const applied = copy.apply(edits);
  try {
    return await look(copy.path, watch);
  } finally {
    applied[Symbol.dispose]();
  }
}

/**
 * Judges all of them, several at a time, each in a copy that no other is in. First every mutant must fit the source, and
 * all that watch must see nothing in the unchanged tree. @throws {Unjudgeable} if not.
 */
export async function judgeAll(
  mutants: readonly Mutant[],
  options: { readonly jobs: number; readonly onJudged: (judgement: Judgement) => void },
): Promise<readonly Judgement[]> {
  using copies = new DisposableStack();
  const workers = Array.from({ length: options.jobs }, () => copies.use(new TreeCopy()));
  const [first] = workers;
  if (first === undefined) throw new RangeError("at least one job is needed");
  requireFit(mutants, first);
  await requireQuiet(mutants, workers);
  const waiting = [...mutants];
  const judgements: Judgement[] = [];
  const work = async (copy: TreeCopy): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const judgement = await judge(mutant, copy);
      judgements.push(judgement);
      options.onJudged(judgement);
    }
  };
  await Promise.all(workers.map(work));
  return judgements;
}

function requireFit(mutants: readonly Mutant[], copy: TreeCopy): void {
  const problems = mutants.flatMap(({ name, edits }) => {
    try {
      copy.apply(edits)[Symbol.dispose]();
      return [];
    } catch (error) {
      if (error instanceof EditError) return [`${name}: ${error.message}`];
      throw error;
    }
  });
  if (problems.length > 0) throw new Unjudgeable(`mutants that no longer fit the source:\n${problems.join("\n")}`);
}

/** Without a mutant nobody may notice anything: else whatever they noticed would prove nothing. */
async function requireQuiet(mutants: readonly Mutant[], workers: readonly TreeCopy[]): Promise<void> {
  const tests = new Set(mutants.flatMap(({ watch }) => ("tests" in watch ? watch.tests : [])));
  const laws = new Set(mutants.flatMap(({ watch }) => ("laws" in watch ? watch.laws : [])));
  const watches: Watch[] = [];
  if (tests.size > 0) watches.push({ tests: [...tests] });
  if (laws.size > 0) watches.push({ laws: [...laws] });
  const sights = await Promise.all(watches.map((watch, index) => look(workers.at(-index)?.path ?? "", watch)));
  const noise = sights.filter(({ saw }) => saw !== "nothing").map(({ saw, by }) => `${saw}: ${by}`);
  if (noise.length > 0)
    throw new Unjudgeable(`without any mutant there is already something to see:\n${noise.join("\n")}`);
}
