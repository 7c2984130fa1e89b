// Puts mistakes into copies of the tree, one at a time, and fails unless the tests, or the checker of the layers, notice
// each of them. Ends with 0 if all were noticed, 1 if one survived, 2 if nothing could be judged.
import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { parseArgs } from "node:util";
import { ALL_MUTANTS } from "./all-mutants.ts";
import { judgeAll, Unjudgeable } from "./judge.ts";
import type { Judgement } from "./judge.ts";
import type { Mutant } from "./mutant.ts";

const USAGE = `Usage: npm run mutants -- [--list] [--only NAME]... [--sample N] [--jobs N]

  --list       prints the mutants and ends
  --only NAME  judges only this one; may be given several times
  --sample N   judges N of them, others for each commit, and says how many it leaves out
  --jobs N     how many are judged at the same time (default 2)`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        list: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        sample: { type: "string" },
        jobs: { type: "string", default: "2" },
      },
    });
    const mutants = sampled(chosen(values.only), values.sample);
    if (values.list) {
      for (const { name, breaks, edits } of mutants) console.log(row(name, breaks, edits[0]?.file ?? ""));
      return 0;
    }
    return await run(mutants, Number(values.jobs));
  } catch (error) {
    if (!(error instanceof Unjudgeable) && !isUsageError(error)) throw error;
    console.error(error.message);
    return 2;
  }
}

function chosen(names: readonly string[]): readonly Mutant[] {
  const unknown = names.filter((name) => !ALL_MUTANTS.some((mutant) => mutant.name === name));
  if (unknown.length > 0) throw new Unjudgeable(`there is no mutant ${unknown.join(", ")}; --list names them all`);
  return names.length === 0 ? ALL_MUTANTS : ALL_MUTANTS.filter(({ name }) => names.includes(name));
}

/** Some of the mutants, chosen by the commit: each has its turn, and the same commit is judged by the same ones. */
function sampled(mutants: readonly Mutant[], size: string | undefined): readonly Mutant[] {
  if (size === undefined) return mutants;
  const most = Number(size);
  if (!Number.isInteger(most) || most < 1) throw new Unjudgeable("--sample is a whole number, 1 or more");
  if (most >= mutants.length) return mutants;
  const commit = execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  const rank = ({ name }: Mutant): string => hash("sha256", `${commit}\n${name}`);
  const chosenOnes = mutants.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1)).slice(0, most);
  console.log(
    `${most} of ${mutants.length} mutants, chosen by commit ${commit.slice(0, 12)}; the other ${mutants.length - most} are not judged here: npm run mutants judges all\n`,
  );
  return chosenOnes;
}

async function run(mutants: readonly Mutant[], jobs: number): Promise<number> {
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 16) throw new Unjudgeable("--jobs is a number from 1 to 16");
  const begin = performance.now();
  const judgements = await judgeAll(mutants, { jobs, onJudged: tell });
  const killed = judgements.filter(({ verdict }) => verdict === "killed").length;
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  console.log(`\n${killed} of ${judgements.length} mutants killed, ${judgements.length - killed} not, in ${seconds} s`);
  if (judgements.some(({ verdict }) => verdict === "BROKEN")) return 2;
  return killed === judgements.length ? 0 : 1;
}

function tell({ mutant, verdict, by, seconds }: Judgement): void {
  console.log(`${row(mutant.name, mutant.breaks, verdict)} ${seconds.toFixed(1).padStart(5)} s  ${by.split("\n")[0]}`);
}

function row(name: string, breaks: string, rest: string): string {
  return `${name.padEnd(48)} ${breaks.padEnd(8)} ${rest.padEnd(8)}`;
}

function isUsageError(error: unknown): error is Error {
  const isUsage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  if (isUsage) error.message = `${error.message}\n\n${USAGE}`;
  return isUsage;
}
