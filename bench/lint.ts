/**
 * How fast layer-lint is, beside dependency-cruiser with a `reachable` rule, on a generated tree of 10,000 files with 40,000
 * imports, and on this repository. Seconds are of this machine; the ratios are what carries over.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LAYERS = 10;
const FILES_PER_LAYER = 1000;
const IMPORTS_PER_FILE = 4;
/** Lines of code in a generated file, besides its imports. */
const BODY_LINES = 20;

/** Each measure is the median of so many. */
const REPETITIONS = 5;
/** A cold run of the tree takes long. */
const COLD_REPETITIONS = 3;

const REPOSITORY = join(import.meta.dirname, "..");

interface Measure {
  /** From the start of the process to its end. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly megabytes: number;
}

/** Numbers that look random and are the same every time. */
function* numbers(): Generator<number, never> {
  let state = 42;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

function generate(root: string): void {
  const random = numbers();
  const layers = Array.from({ length: LAYERS }, (_, layer) => ({
    name: `l${layer}`,
    path: `src/l${layer}`,
    mayImport: Array.from({ length: layer }, (_each, below) => `l${below}`),
  }));
  const laws = {
    MATRIX: { kind: "allow-matrix" },
    CYCLES: { kind: "acyclic" },
    DECLARED: { kind: "declared" },
    VISIBLE: { kind: "visible-imports" },
    SEALED: { kind: "cannot-reach", from: "l1", to: ["l9"] },
  };
  mkdirSync(root, { recursive: true });
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "layers.json"), JSON.stringify({ root: "src", tsconfig: "tsconfig.json", layers, laws }));
  writeFileSync(join(root, "package.json"), '{"name":"generated","type":"module"}');
  const compilerOptions = { module: "nodenext", target: "esnext", allowImportingTsExtensions: true, noEmit: true };
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  for (let layer = 0; layer < LAYERS; layer++) {
    mkdirSync(join(root, `src/l${layer}`), { recursive: true });
    for (let file = 0; file < FILES_PER_LAYER; file++)
      writeFileSync(join(root, `src/l${layer}/f${file}.ts`), textOf(layer, file, random));
  }
}

function textOf(layer: number, file: number, random: Iterator<number, never>): string {
  const below = layer * FILES_PER_LAYER + file;
  // The very first file has nothing below it.
  const count = below === 0 ? 0 : IMPORTS_PER_FILE;
  const imports = Array.from(
    { length: count },
    (_, index) => `import { v as v${index} } from "${pathOf(layer, random.next().value % below)}";\n`,
  );
  const used = imports.map((_, index) => ` + v${index}`).join("");
  const body = Array.from(
    { length: BODY_LINES },
    (_, line) => `  total += value * ${line} + Math.max(total, ${file});\n`,
  );
  return [
    ...imports,
    `export const v: number = ${file}${used};\n`,
    "export function sum(value: number): number {\n  let total = 0;\n",
    ...body,
    "  return total;\n}\n",
  ].join("");
}

function pathOf(layer: number, target: number): string {
  const home = Math.floor(target / FILES_PER_LAYER);
  const name = `f${target % FILES_PER_LAYER}.ts`;
  return home === layer ? `./${name}` : `../l${home}/${name}`;
}

/** Written by a process at its end, so that what it costs is known to the last. */
const TELL_COST = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from "node:fs";
process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(2, "\\n" + JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 }));
});`)}`;

/** Runs a program of Node to its end. */
function measure(args: readonly string[], isRight: (output: string) => boolean = () => true): Measure {
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", TELL_COST, ...args], {
    encoding: "utf8",
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0 || !isRight(stdout)) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}${stdout}`);
  const { cpuSeconds, megabytes } = JSON.parse(stderr.split("\n").at(-1) ?? "") as Measure; // as: written by TELL_COST
  return { seconds, cpuSeconds, megabytes };
}

/** The command itself, as whoever uses it runs it. */
function measureOurs(root: string): Measure {
  const bin = join(REPOSITORY, "tools/layer-lint/bin.js");
  return measure([bin, "check", "--root", root], (output) => /^\d{3,} files, /.test(output));
}

/** The middle one of several, by each measure for itself: a machine that does other things disturbs some of them. */
function median(measures: readonly Measure[]): Measure {
  const middle = (of: (each: Measure) => number): number =>
    measures.map(of).toSorted((a, b) => a - b)[Math.floor(measures.length / 2)] ?? Number.NaN;
  return {
    seconds: middle((each) => each.seconds),
    cpuSeconds: middle((each) => each.cpuSeconds),
    megabytes: middle((each) => each.megabytes),
  };
}

function repeated(times: number, once: (turn: number) => Measure): Measure {
  return median(Array.from({ length: times }, (_, turn) => once(turn)));
}

async function runCruiser(root: string): Promise<void> {
  const { cruise } = await import("dependency-cruiser");
  const { default: extractTSConfig } = await import("dependency-cruiser/config-utl/extract-ts-config");
  const forbidden = [
    { name: "sealed", severity: "error" as const, from: { path: "^src/l1" }, to: { path: "^src/l9", reachable: true } },
  ];
  const tsconfig = join(root, "tsconfig.json");
  const { output } = await cruise(
    ["src"],
    {
      baseDir: root,
      validate: true,
      tsPreCompilationDeps: true,
      tsConfig: { fileName: tsconfig },
      ruleSet: { forbidden },
    },
    undefined,
    { tsConfig: extractTSConfig(tsconfig) },
  );
  if (typeof output === "string" || output.modules.length < 100) throw new Error("dependency-cruiser read too little");
}

function show(name: string, { seconds, cpuSeconds, megabytes }: Measure, note = ""): void {
  console.log(
    `${name.padEnd(44)} ${seconds.toFixed(2).padStart(7)} s ${cpuSeconds.toFixed(2).padStart(7)} s cpu ${megabytes.toFixed(0).padStart(5)} MB  ${note}`,
  );
}

function benchTree(root: string): void {
  generate(root);
  const cold = repeated(COLD_REPETITIONS, () => {
    rmSync(join(root, "node_modules/.cache"), { recursive: true, force: true });
    return measureOurs(root);
  });
  const warm = repeated(REPETITIONS, () => measureOurs(root));
  const changed = repeated(REPETITIONS, (turn) => {
    writeFileSync(join(root, "src/l5/f500.ts"), `export const v: number = ${turn};\n`);
    return measureOurs(root);
  });
  const theirs = process.argv.includes("--ours") ? undefined : measure([import.meta.filename, "cruiser", root]);
  const faster = ({ cpuSeconds }: Measure): string =>
    theirs === undefined ? "" : `${(theirs.cpuSeconds / cpuSeconds).toFixed(1)} x`;
  console.log(
    `${LAYERS * FILES_PER_LAYER} files, ${LAYERS * FILES_PER_LAYER * IMPORTS_PER_FILE} imports (ratios of CPU time to dependency-cruiser)`,
  );
  if (theirs !== undefined) show("dependency-cruiser, reachable rule", theirs);
  show("layer-lint, cold", cold, faster(cold));
  show("layer-lint, nothing changed", warm, faster(warm));
  show("layer-lint, one file changed", changed, faster(changed));
  console.log(
    `one change costs ${(changed.cpuSeconds / cold.cpuSeconds).toFixed(2)} of a cold run (asked: at most 0.15)`,
  );
}

/** Beyond the start of a process that does nothing, measured in the same run. */
function benchRepository(): void {
  const start = repeated(REPETITIONS, () => measure(["--eval", "0"]));
  const cold = repeated(REPETITIONS, () => {
    rmSync(join(REPOSITORY, "node_modules/.cache/layer-lint"), { recursive: true, force: true });
    return measureOurs(REPOSITORY);
  });
  const warm = repeated(REPETITIONS, () => measureOurs(REPOSITORY));
  const beyond = ({ seconds, cpuSeconds }: Measure): string =>
    `beyond the start: ${(seconds - start.seconds).toFixed(2)} s, ${(cpuSeconds - start.cpuSeconds).toFixed(2)} s cpu`;
  show("a process that does nothing", start);
  show("this repository, cold, with types", cold, `${beyond(cold)} (asked: at most 1.5 s)`);
  show("this repository, nothing changed", warm, `${beyond(warm)} (asked: at most 0.4 s)`);
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "layer-lint-bench-"));
  try {
    benchTree(join(folder, "tree"));
    benchRepository();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [tool, root] = process.argv.slice(2);
if (root !== undefined && tool === "cruiser") await runCruiser(root);
else main();
