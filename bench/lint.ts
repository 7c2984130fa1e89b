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

/** Runs one tool in a process of its own. */
function measure(tool: "ours" | "cruiser", root: string): Measure {
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, tool, root], {
    encoding: "utf8",
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${tool} on ${root} ended with ${status}: ${stderr}${stdout}`);
  const { cpuSeconds, megabytes } = JSON.parse(stdout) as Measure; // as: written by `run` below
  return { seconds, cpuSeconds, megabytes };
}

async function runOurs(root: string): Promise<void> {
  const { check } = await import("../tools/layer-lint/src/index.ts");
  const report = await check({ root });
  if (report.exitCode !== 0 || report.files < 100) throw new Error(JSON.stringify(report).slice(0, 2000));
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

function show(name: string, { seconds, cpuSeconds, megabytes }: Measure, base?: Measure): void {
  const ratio = base === undefined ? "" : `${(base.cpuSeconds / cpuSeconds).toFixed(1)} x`;
  console.log(
    `${name.padEnd(44)} ${seconds.toFixed(2).padStart(7)} s ${cpuSeconds.toFixed(2).padStart(7)} s cpu ${megabytes.toFixed(0).padStart(5)} MB  ${ratio}`,
  );
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "layer-lint-bench-"));
  try {
    const root = join(folder, "tree");
    generate(root);
    const cold = measure("ours", root);
    const warm = measure("ours", root);
    writeFileSync(join(root, "src/l5/f500.ts"), "export const v: number = 1;\n");
    const changed = measure("ours", root);
    const withCruiser = !process.argv.includes("--ours");
    const theirs = withCruiser ? measure("cruiser", root) : undefined;
    console.log(
      `${LAYERS * FILES_PER_LAYER} files, ${LAYERS * FILES_PER_LAYER * IMPORTS_PER_FILE} imports (ratios of CPU time to dependency-cruiser)`,
    );
    if (theirs !== undefined) show("dependency-cruiser, reachable rule", theirs);
    show("layer-lint, cold", cold, theirs);
    show("layer-lint, nothing changed", warm, theirs);
    show("layer-lint, one file changed", changed, theirs);
    console.log(`one change costs ${(changed.cpuSeconds / cold.cpuSeconds).toFixed(2)} of a cold run`);
    rmSync(join(REPOSITORY, "node_modules/.cache/layer-lint"), { recursive: true, force: true });
    show("this repository, cold", measure("ours", REPOSITORY));
    show("this repository, nothing changed", measure("ours", REPOSITORY));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [tool, root] = process.argv.slice(2);
if (root !== undefined && (tool === "ours" || tool === "cruiser")) {
  await (tool === "ours" ? runOurs(root) : runCruiser(root));
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  console.log(JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 }));
} else main();
