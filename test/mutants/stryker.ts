// Mutation testing of the two layers that the promises rest on: Stryker changes every expression of them, and the tests
// must notice. `npm run mutants:stryker` for all, `npm run mutants:stryker -- src/executor/stop.ts` for some files.
// Ends with 0 if every folder reaches the score, 1 if one does not.
import { dirname } from "node:path";
import { Stryker } from "@stryker-mutator/core";

const LEAST_PERCENT = 90;

/** Files that are judged by the same tests: the fewer tests, the sooner a mutant that is read once at the start is judged. */
interface Group {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly testFiles: readonly string[];
}

type Results = Awaited<ReturnType<Stryker["runMutationTest"]>>;

const GROUPS: readonly Group[] = [
  {
    name: "executor",
    mutate: ["src/executor/**/*.ts", "!src/executor/index.ts"],
    // EXEC-005 looks at the whole tree, not at what runs.
    testFiles: ["test/executor/*.test.ts", "test/laws/{exec,p2,p5,p6}-*.test.ts", "!test/laws/exec-005-*.test.ts"],
  },
  {
    name: "evidence",
    mutate: ["src/evidence/*.ts", "!src/evidence/index.ts", "!src/evidence/log-mirror.ts"],
    testFiles: [
      "test/evidence/{canonical-json,chain,encode,execution-evidence,interrupted-result,log-store,recent-records}.test.ts",
      "test/evidence/{replay-equals-live,verify-file,verify-log,wake-ups}.test.ts",
      "test/conformance/evidence-store.memory.test.ts",
    ],
  },
  {
    name: "stores",
    // What runs in a thread of its own is out of Stryker's sight: the threads' own files only hand on what is mutated here.
    mutate: ["src/evidence/{evidence-stores,log-mirror}/**/*.ts", "src/evidence/log-mirror.ts", "!src/**/*-thread.ts"],
    testFiles: [
      "test/evidence/{blob-files,directory-lock,full-disk,jsonl,log-mirror,sqlite}.test.ts",
      "test/evidence/{evidence-stores,log-mirror}/*.test.ts",
      "test/conformance/evidence-store.*.test.ts",
    ],
  },
];

const files = process.argv.slice(2);
const results: Results[number][] = [];
for (const group of GROUPS) results.push(...(await judged(group)));
process.exitCode = tell(results) ? 0 : 1;

async function judged({ name, mutate, testFiles }: Group): Promise<Results> {
  const reports = { jsonReporter: { fileName: `reports/stryker/${name}.json` } };
  const asked = files.filter((file) => groupOf(file) === name);
  if (files.length > 0 && asked.length === 0) return [];
  return await new Stryker({
    mutate: asked.length > 0 ? asked : [...mutate],
    testFiles: [...testFiles],
    ...reports,
  }).runMutationTest();
}

function groupOf(file: string): string {
  if (file.startsWith("src/executor/")) return "executor";
  return dirname(file) === "src/evidence" && !file.includes("log-mirror") ? "evidence" : "stores";
}

/** Prints the score of each folder; whether all of them reach the least. */
function tell(all: Results): boolean {
  const folders = Map.groupBy(all, ({ fileName }) => dirname(fileName));
  const scores = [...folders].map(([folder, mutants]) => {
    const count = (...statuses: readonly string[]): number =>
      mutants.filter(({ status }) => statuses.includes(status)).length;
    const [killed, timeout] = [count("Killed"), count("Timeout")];
    const percent = (100 * (killed + timeout)) / (killed + timeout + count("Survived", "NoCoverage"));
    const counts = `${killed} killed, ${timeout} timed out, ${count("Survived")} survived, ${count("NoCoverage")} not reached`;
    console.log(`${folder.padEnd(44)} ${percent.toFixed(1).padStart(5)} %  ${counts}`);
    return percent;
  });
  return scores.length > 0 && scores.every((percent) => percent >= LEAST_PERCENT);
}
