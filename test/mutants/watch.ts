import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Watch } from "./mutant.ts";
import { ROOT } from "./tree-copy.ts";

/** How long one look at one mutant may take, in milliseconds. */
const LOOK_MS = 300_000;

/** What those who watch saw in a tree. */
export interface Sight {
  /** `noticed`: a test failed, or the checker named an expected law. `broken`: nobody can say, the look itself failed. */
  readonly saw: "nothing" | "noticed" | "broken";
  /** Which test failed, which law was named, or why the look failed. */
  readonly by: string;
}

/** Has the watch look at the tree at `path`. */
export async function look(path: string, watch: Watch): Promise<Sight> {
  return "tests" in watch ? await lookByTests(path, watch.tests) : await lookByLaws(path, watch.laws);
}

interface TestReport {
  readonly numPassedTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

async function lookByTests(path: string, tests: readonly string[]): Promise<Sight> {
  const output = join(path, "vitest-report.json");
  rmSync(output, { force: true });
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const end = await run(path, [
    vitest,
    "run",
    ...tests,
    "--bail=1",
    "--maxWorkers=1",
    "--testTimeout=20000",
    "--reporter=json",
    `--outputFile=${output}`,
  ]);
  const report = readReport(() => readFileSync(output, "utf8")) as TestReport | undefined; // as vitest writes it
  if (report === undefined) return { saw: "broken", by: `vitest left no report: ${end.tail}` };
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = results.find(({ status }) => status === "failed");
  // A file that cannot even be loaded proves nothing: the mutant would be a syntax error, not a mistake that tests find.
  if (failed !== undefined) return { saw: "noticed", by: failed.fullName };
  if (report.success && report.numPassedTests > 0 && end.code === 0)
    return { saw: "nothing", by: `${report.numPassedTests} tests passed` };
  return { saw: "broken", by: report.testResults.find(({ message }) => message !== "")?.message ?? end.tail };
}

interface LayerReport {
  readonly exitCode: number;
  readonly violations: readonly { readonly law: string; readonly file: string }[];
}

async function lookByLaws(path: string, laws: readonly string[]): Promise<Sight> {
  const lint = join(ROOT, "tools/layer-lint/bin.js");
  const end = await run(path, [lint, "check", "--root", path, "--config", "layers.json", "--format", "json"]);
  const report = readReport(() => end.stdout) as LayerReport | undefined; // as layer-lint writes it
  // What cannot be proven may be what the law says (a file without a layer), but not that the check itself could not be made.
  const isUnproven = report === undefined || report.violations.some(({ law }) => law === "CONFIG");
  if (isUnproven) return { saw: "broken", by: `layer-lint: ${end.tail}` };
  const named = report.violations.find(({ law }) => laws.includes(law));
  if (named !== undefined) return { saw: "noticed", by: `layer-lint ${named.law} ${named.file}` };
  return { saw: "nothing", by: `layer-lint named ${report.violations.length} other violations` };
}

function readReport(text: () => string): unknown {
  try {
    return JSON.parse(text());
  } catch {
    return undefined;
  }
}

interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  /** The last lines of all that it said. */
  readonly tail: string;
}

/** Runs a program of this Node in `path`; it and what it started are killed when it takes too long. */
function run(path: string, args: readonly string[]): Promise<ProgramEnd> {
  const child = spawn(process.execPath, args, { cwd: path, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const said: { stdout: string; all: string } = { stdout: "", all: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
    said.all += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.all += text;
  });
  const timer = setTimeout(() => {
    said.all += `\nkilled after ${LOOK_MS / 1000} s`;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, LOOK_MS);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout: said.stdout, tail: said.all.trim().split("\n").slice(-5).join("\n") });
    });
  });
}
