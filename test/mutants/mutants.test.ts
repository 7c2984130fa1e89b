import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ALL_MUTANTS } from "./all-mutants.ts";
import { judgeAll, Unjudgeable } from "./judge.ts";
import type { Judgement } from "./judge.ts";
import { edited } from "./mutant.ts";
import type { Edit, Mutant } from "./mutant.ts";
import { ROOT } from "./tree-copy.ts";

const READS = {
  file: "src/executor/default-handlers.ts",
  search: 'constructor(message = "Intentional failure")',
  replace: 'constructor(message = "Another failure")',
};
const WATCHED = { tests: ["test/executor/default-executor.test.ts"] };

function mutantWith(name: string, edit: Partial<Edit>, watch: Mutant["watch"] = WATCHED): Mutant {
  return { name, breaks: "EXEC-002", edits: [{ ...READS, ...edit }], watch };
}

/** What is judged of these, two at a time, by their names. */
async function verdicts(...mutants: readonly Mutant[]): Promise<Record<string, string>> {
  const told: Judgement[] = [];
  const judged = await judgeAll(mutants, { jobs: 2, onJudged: (judgement) => told.push(judgement) });
  expect(told).toEqual(judged);
  return Object.fromEntries(judged.map(({ mutant, verdict }) => [mutant.name, verdict]));
}

describe("the hand-written mutants", () => {
  it.each(ALL_MUTANTS)("fit the source as it stands today: $name", ({ edits }) => {
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const before = texts.get(edit.file) ?? readFileSync(join(ROOT, edit.file), "utf8");
      const after = edited(before, edit);
      expect(after).not.toBe(before);
      texts.set(edit.file, after);
    }
  });

  it("have names of their own and are watched by tests that exist", () => {
    const names = ALL_MUTANTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const tests = ALL_MUTANTS.flatMap(({ watch }) => ("tests" in watch ? watch.tests : []));
    expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe("the judgement of mutants", () => {
  it("tells who was noticed, who was not, and who proves nothing because it cannot even be loaded", async () => {
    const judged = await verdicts(
      mutantWith("noticed", {}),
      mutantWith("unnoticed", { replace: 'constructor(message = "Intentional failure" /* the same */)' }),
      mutantWith("not to be loaded", { replace: "constructor(message = )" }),
    );
    expect(judged).toEqual({ noticed: "killed", unnoticed: "SURVIVED", "not to be loaded": "BROKEN" });
  });

  it("is refused if one mutant does not fit the source exactly once, and names each that does not", async () => {
    const judging = verdicts(
      mutantWith("gone", { search: "text that nobody wrote" }),
      mutantWith("ambiguous", { search: "execute()" }),
    );
    await expect(judging).rejects.toThrow(Unjudgeable);
    await expect(judging).rejects.toThrow(/gone: .* found 0 times[^]*ambiguous: .* found 2 times/);
  });

  it("is refused if a test fails without any mutant", async () => {
    const judging = verdicts(mutantWith("any", {}, { tests: ["test/there-is-no-such.test.ts"] }));
    await expect(judging).rejects.toThrow(/without any mutant there is already something to see/);
  });
});
