import { spawnSync } from "node:child_process";
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startedBy } from "../../examples/demo/processes.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Runs the demo of a checkout, as `npm run demo` does. */
function runDemo(checkout: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", join(checkout, "tools/node-version.cjs"), join(checkout, "examples/demo.ts")],
    { cwd: checkout, encoding: "utf8", timeout: 110_000, killSignal: "SIGKILL" },
  );
  return { status, output: stdout + stderr };
}

test("the demo shows each thing that it promises, and ends with exit code 0", () => {
  const { status, output } = runDemo(ROOT);
  expect(output).not.toContain("NOT SO");
  expect(output).toMatch(/All 32 expectations held/);
  expect(output.match(/^ {3}✓ /gm)).toHaveLength(32);
  expect(output).toMatch(/seq 13 .* completed {2}step 5 {2}checksum/);
  expect(output).toMatch(/failed {5}step 2 .*\n.*job FAILED: .*\n +not run {4}step 3 .*\n +not run {4}step 4 /);
  expect(output).toMatch(/after seq 8:\n\n {3}seq {2}9 /);
  expect(output).toMatch(/line 4: the hash does not fit/);
  expect(status).toBe(0);
  const jobIds = [...output.matchAll(/runs\/((?:pack|fail)-[0-9a-f]{8})\//g)].map(([, id]) => id ?? "");
  expect(new Set(jobIds).size).toBe(2);
  expect(startedBy([...jobIds, jobIds[0]?.replace("pack", "long") ?? ""])).toEqual([]);
}, 120_000);

test("the demo ends with exit code 1 and says what did not hold when a job behaves in another way", async () => {
  await using copy = await scratchDirectory();
  for (const name of ["package.json", "README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "SECURITY.md"])
    await cp(join(ROOT, name), join(copy.path, name));
  for (const name of ["CHANGELOG.md", "LICENSE", "docs", "proto", "examples", "tools/node-version.cjs"])
    await cp(join(ROOT, name), join(copy.path, name), { recursive: true });
  for (const name of ["src", "node_modules"]) await symlink(join(ROOT, name), join(copy.path, name));
  const job = join(copy.path, "examples/fails-in-the-middle.yaml");
  const text = await readFile(job, "utf8");
  await writeFile(job, text.replace("examples/there-is-no-such-file", "proto"));

  const { status, output } = runDemo(copy.path);
  expect(output).toContain("✗ NOT SO: step 2 failed, and with it the job");
  expect(output).toContain("✗ NOT SO: the directory that step 3 would have made is not there");
  expect(output).toMatch(/expectations did not hold/);
  expect(status).toBe(1);
}, 120_000);
