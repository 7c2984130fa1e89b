import { describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/index.ts";
import { fakeHost } from "../cli/support/fake-host.ts";
import { markedTable, textOf } from "./support/documents.ts";

const ROWS = markedTable(textOf("docs/commands-for-plans.md"), "commands");
const USAGES = ROWS.map(([usage = ""]) => usage.replaceAll("`", ""));

/** What `verbatim ... --help` says. */
async function help(...words: readonly string[]): Promise<string> {
  const { host, stdout } = fakeHost({ argv: [...words, "--help"] });
  expect(await runCli(host)).toBe(0);
  return stdout.text;
}

describe("the commands for plans are what the program has", () => {
  test.each(USAGES)("%s is a command with these arguments", async (usage) => {
    const [name = "", ...places] = usage.split(" ");
    const [said = ""] = (await help(name)).split("\n");
    const declared = said.replace(/^Usage: verbatim \S+ \[options\] ?/, "");
    expect(
      declared
        .replaceAll(/[<>[\]]/g, "")
        .replaceAll("s...", "...")
        .toUpperCase(),
    ).toBe(places.join(" "));
  });

  test("every command that speaks of a plan or its gates stands in the table", async () => {
    const listed = [...(await help()).matchAll(/^ {2}([a-z-]+) .*<(?:plan|run)>.*$/gm)].map(([, name = ""]) => name);
    const about = listed.filter((name) => !["events", "seal", "export", "erase"].includes(name));
    expect(about.length).toBeGreaterThan(8);
    expect(USAGES.map((usage) => usage.split(" ")[0])).toEqual(expect.arrayContaining(about));
  });
});
