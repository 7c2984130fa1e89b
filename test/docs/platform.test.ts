import { describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/index.ts";
import { PLATFORM_STEP_TYPES } from "../../src/main/platform.ts";
import { fakeHost } from "../cli/support/fake-host.ts";
import { markedTable, textOf } from "./support/documents.ts";

const USAGES = markedTable(textOf("docs/platform.md"), "commands").map(([usage = ""]) => usage.replaceAll("`", ""));

/** What `verbatim ... --help` says. */
async function help(...words: readonly string[]): Promise<string> {
  const { host, stdout } = fakeHost({ argv: [...words, "--help"] });
  expect(await runCli(host)).toBe(0);
  return stdout.text;
}

describe("the commands about the platform are what the program has", () => {
  test.each(USAGES)("%s is a command with these arguments", async (usage) => {
    const words = usage.split(" ").filter((word) => word === word.toLowerCase());
    const [said = ""] = (await help(...words)).split("\n");
    const declared = said
      .replace("Usage: verbatim ", "")
      .replace(" [options]", "")
      .replaceAll(/[<>[\]]/g, "");
    expect(declared.toLowerCase()).toBe(usage.toLowerCase());
  });

  test("every command about health stands in the table, and so does each list", async () => {
    const listed = [...(await help("health")).matchAll(/^ {2}([a-z]+) .*scope/gm)].map(([, name]) => `health ${name}`);
    expect(listed.length).toBe(3);
    const named = USAGES.map((usage) => usage.replace(/ [A-Z]+$/, ""));
    expect(named).toEqual(["capabilities", "configuration", "changes", ...listed]);
  });

  test("every step type of a platform stands in the table of step types, with each option of the reports", async () => {
    const types = textOf("docs/step-types.md");
    for (const name of Object.keys(PLATFORM_STEP_TYPES)) expect(types).toContain(`| \`${name}\` |`);
    const options = [...(await help("health", "report")).matchAll(/^ {2}(--[a-z]+)/gm)].map(([, name]) => name ?? "");
    const own = options.filter(
      (name) => !["--config", "--state", "--server", "--ca", "--cert", "--key", "--insecure", "--json"].includes(name),
    );
    for (const name of own) expect(textOf("docs/platform.md")).toContain(name);
  });
});
