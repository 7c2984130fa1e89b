import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";

const MODEL = join(import.meta.dirname, "claims.pml");
const installed = ["spin", "gcc"].every((program) => spawnSync(program, ["--version"]).error === undefined);

/** Looks at every state of the model, in which the named parts of the protocol are left out. */
async function search(...leftOut: readonly string[]): Promise<string> {
  await using directory = await scratchDirectory();
  const said = [
    ["spin", ...leftOut.map((part) => `-D${part}`), "-a", MODEL],
    ["gcc", "-w", "-O1", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"],
    ["./pan", "-E", "-m200000"],
  ].map(([program = "", ...words]) => spawnSync(program, words, { cwd: directory.path, encoding: "utf8" }));
  return said.map(({ stdout, stderr }) => `${stdout}${stderr}`).join("");
}

test.skipIf(!installed)(
  "P2 no interleaving of claims, crashes and lost answers breaks the protocol of claims",
  async () => {
    const said = await search();
    expect(said).toMatch(/errors: 0\b/);
    expect(said).not.toContain("max search depth too small");
    expect(Number(/(\d+) states, stored/.exec(said)?.[1])).toBeGreaterThan(100_000);
  },
  120_000,
);

test.skipIf(!installed).each([
  ["no epoch in an append", "NO_EPOCH", "under==epoch"],
  ["no record before an effect", "NO_START", "effects[step]<=1"],
  ["an answer before the sync", "NO_SYNC", "effects[step]<=1"],
  ["a step in doubt that is run again", "RERUN", "effects[step]<=1"],
])(
  "P2 the model of claims finds what goes wrong with %s",
  async (_what, part, broken) => {
    const said = await search(part);
    expect(said).toMatch(/errors: 1\b/);
    expect(said).toContain(`assertion violated (${broken})`);
  },
  120_000,
);
