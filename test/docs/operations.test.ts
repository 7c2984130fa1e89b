import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAULTS } from "#model";
import { runCli } from "../../src/cli/index.ts";
import { fakeHost } from "../cli/support/fake-host.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import type { ScratchDirectory } from "../support/scratch-directory.ts";
import { fencedBlocks, markedTable, textOf } from "./support/documents.ts";
import { commandsOf, isShown, runCommands } from "./support/session.ts";

const PAGE = textOf("docs/operations.md");
const BLOCKS = fencedBlocks(PAGE).filter(({ marker }) => marker === "run");

let scratch: ScratchDirectory;
beforeAll(async () => void (scratch = await scratchDirectory()));
afterAll(() => scratch[Symbol.asyncDispose]());

async function help(...words: readonly string[]): Promise<string> {
  const { host, stdout } = fakeHost({ argv: [...words, "--help"] });
  expect(await runCli(host)).toBe(0);
  return stdout.text;
}

test("a backup is made as the page says, and what was backed up verifies", async () => {
  const state = join(scratch.path, "state");
  const here = (text: string): string =>
    text.replaceAll("examples/.verbatim", state).replaceAll("examples/out/backup", join(scratch.path, "backup"));
  const commands = BLOCKS.flatMap(({ text }) => commandsOf(here(text)));
  expect(commands).toHaveLength(3);
  const setup = [
    'verbatim() { npm run -s verbatim -- "$@"; }',
    "verbatim exec examples/first-job.yaml --job-id backed-up > /dev/null 2>&1",
  ];
  const environment = { VERBATIM_CONFIG: "examples/verbatim.yaml", VERBATIM_STATE: state, NO_COLOR: "1" };
  const outputs = await runCommands(
    commands.map(({ command }) => command),
    { environment, setup },
  );
  for (const [at, { command, shown }] of commands.entries()) {
    const output = outputs[at] ?? "(the shell ended before)";
    expect(isShown(output, shown), `$ ${command}\nshown:\n${shown.join("\n")}\nseen:\n${output}`).toBe(true);
  }
});

describe("what the page on operations names is there", () => {
  const named = [...PAGE.matchAll(/`verbatim ([a-z-]+(?: [a-z-]+)*)([^`]*)`/g)];

  test.each([...new Set(named.map(([, words = ""]) => words))].map((words) => [words]))(
    "verbatim %s",
    async (words) => {
      const [first = "", second] = words.split(" ");
      const text = await help(first);
      expect(text).toMatch(new RegExp(`^Usage: verbatim ${first}\\b`));
      if (second !== undefined) expect(text).toMatch(new RegExp(`^  ${second}\\b`, "m"));
    },
  );

  test("every flag of a command of its", async () => {
    for (const [, words = "", rest = ""] of named) {
      const flags = [...rest.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
      const text = flags.length === 0 ? "" : await help(...words.split(" "));
      for (const flag of flags) expect([words, text]).toEqual([words, expect.stringContaining(flag)]);
    }
  });

  test("every metric stands in the list of metrics, and every event in that of events", () => {
    const metrics = markedTable(textOf("docs/metrics.md"), "metrics").map(([name = ""]) => name.replaceAll("`", ""));
    const events = markedTable(textOf("docs/log-events.md"), "events").map(([name = ""]) => name.replaceAll("`", ""));
    for (const [name] of PAGE.matchAll(/\bverbatim_(?!evidence`)[a-z_]+/g))
      expect(metrics).toContain(name.replace(/_bucket$/, ""));
    const spoken = [
      ...PAGE.matchAll(
        /`((?:disk|store|queue|outbox|tls|ledger|log|seal|checkpoint|internal|access)\.(?!db`)[a-z_]+)`/g,
      ),
    ].map(([, name]) => name);
    expect(spoken.length).toBeGreaterThan(15);
    for (const name of spoken) expect(events).toContain(name);
  });

  test("every code of a fault is one that there is", () => {
    const codes = [...PAGE.matchAll(/\b([A-Z]{3,}_[A-Z_]+|DRAINING|UNAUTHENTICATED)\b/g)].map(([, code]) => code);
    const known: readonly string[] = [...Object.keys(FAULTS), "NOT_SERVING"];
    for (const code of codes) expect(known).toContain(code);
  });
});
