// Everything that decides whether a change may land, in one command. Each part prints its own findings; the table at the
// end says which parts hold. Options: --only NAME[,NAME] runs some parts.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Part {
  readonly name: string;
  readonly run: () => boolean;
}

const GENERATED = "src/api/gen";

const PARTS: readonly Part[] = [
  { name: "generated", run: generatedCodeIsCurrent },
  { name: "proto", run: () => command("buf", "lint") },
  { name: "format", run: () => command("oxfmt", "--check", ".") },
  { name: "lint", run: () => command("oxlint", "--type-aware", "--deny-warnings") },
  { name: "types", run: () => command("tsc", "-p", "tsconfig.json") },
  { name: "build", run: () => command("tsc", "-p", "tsconfig.build.json", "--noEmit") },
  { name: "dependencies", run: () => command("depcruise", "src", "--config", ".dependency-cruiser.cjs") },
  { name: "layers", run: () => command("layer-lint", "check", "--second-engine", "--no-cache") },
  { name: "canary", run: () => command("layer-lint", "check", "--canary") },
  {
    name: "tests",
    run: () =>
      command("npm", "test", "--", "--reporter=default", "--reporter=json", "--outputFile.json=reports/tests.json"),
  },
];

/** Runs one program of this project and says whether it ended well. */
function command(program: string, ...args: readonly string[]): boolean {
  console.log(`\n$ ${[program, ...args].join(" ")}`);
  const { status, error } = spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined) console.log(`${program} could not be started: ${error.message}`);
  return status === 0;
}

/** Generates into a directory aside and compares: the committed code must be what the definitions say. */
function generatedCodeIsCurrent(): boolean {
  const fresh = mkdtempSync(join(tmpdir(), "verbatim-generated-"));
  try {
    if (!command("buf", "generate", "--output", fresh)) return false;
    const [expected, committed] = [filesIn(join(fresh, GENERATED)), filesIn(GENERATED)];
    const names = new Set([...expected.keys(), ...committed.keys()]);
    const stale = [...names].filter((name) => expected.get(name) !== committed.get(name));
    for (const name of stale)
      console.log(`${join(GENERATED, name)} is not what \`npm run generate\` makes: run it and commit the result`);
    return names.size > 0 && stale.length === 0;
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

function filesIn(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1]?.split(",") : undefined;
const unknown = only?.filter((name) => !PARTS.some((part) => part.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(`No part is called ${unknown.join(", ")}; there are ${PARTS.map((part) => part.name).join(", ")}.`);
  process.exit(2);
}

const results = PARTS.filter((part) => only?.includes(part.name) ?? true).map((part) => {
  const start = performance.now();
  return { name: part.name, holds: part.run(), seconds: (performance.now() - start) / 1000 };
});

console.log("");
for (const { name, holds, seconds } of results) {
  console.log(`${holds ? "✓ holds " : "✗ broken"}  ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`);
}
process.exitCode = results.every((result) => result.holds) ? 0 : 1;
