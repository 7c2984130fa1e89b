import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { PLAN_FILE_BYTES, planSource } from "../../../src/cli/plan-run/plan-source.ts";
import { fakeHost } from "../support/fake-host.ts";
import { planText } from "../support/plan-files.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";

/** A host whose caller has these variables. */
function hostWith(variables: Readonly<Record<string, string>>): ReturnType<typeof fakeHost>["host"] {
  const environment = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(variables).filter(([name]) => names.includes(name)));
  return fakeHost({ environment }).host;
}

describe("a plan that is sent", () => {
  it("brings along its text, its directory, the variables that it inherits, and no others", async () => {
    await using scratch = await scratchDirectory();
    const path = join(scratch.path, "plan.yaml");
    const text = planText([{ key: "a" }], { inherit: ["LEVEL", "ABSENT"] });
    await writeFile(path, text);
    const host = hostWith({ LEVEL: "3", TOKEN: "secret" });
    expect(await planSource(path, ["A=b=c", "EMPTY="], host)).toEqual({
      text,
      name: path,
      inherited: { LEVEL: "3" },
      overrides: { A: "b=c", EMPTY: "" },
      baseDirectory: scratch.path,
    });
  });

  it("that is no YAML is sent all the same: whoever reads all of it says what is wrong", async () => {
    await using scratch = await scratchDirectory();
    const path = join(scratch.path, "plan.yaml");
    await writeFile(path, "jobs: [}{\n\t");
    expect(await planSource(path, [], hostWith({}))).toMatchObject({ text: "jobs: [}{\n\t", inherited: {} });
  });

  it("is refused where it is a pipe, which could be waited for without an end", async () => {
    await using scratch = await scratchDirectory();
    const path = join(scratch.path, "pipe");
    execFileSync("mkfifo", [path]);
    await expect(planSource(path, [], hostWith({}))).rejects.toThrow(`The plan file ${path} is a pipe`);
  });

  it("is refused one byte over its bound, where it is no text, where it is not there, and with a nameless variable", async () => {
    await using scratch = await scratchDirectory();
    const path = join(scratch.path, "plan.yaml");
    await writeFile(path, "#".repeat(PLAN_FILE_BYTES));
    expect((await planSource(path, [], hostWith({}))).text).toHaveLength(PLAN_FILE_BYTES);
    await writeFile(path, "#".repeat(PLAN_FILE_BYTES + 1));
    await expect(planSource(path, [], hostWith({}))).rejects.toThrow(`larger than ${PLAN_FILE_BYTES} bytes`);
    await writeFile(path, Buffer.from([0xff]));
    await expect(planSource(path, [], hostWith({}))).rejects.toThrow("is not UTF-8 text");
    await expect(planSource(`${path}.no`, [], hostWith({}))).rejects.toThrow("cannot be read (ENOENT)");
    await expect(planSource(path, ["=x", "y"], hostWith({}))).rejects.toMatchObject({
      violations: [{ field: "--env" }, { field: "--env" }],
    });
  });
});
