import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { hooksSchema } from "../../../src/api/hook-file/hook-schema.ts";
import { changed, EXAMPLE, toldOf } from "./support.ts";

const DOCUMENTS = join(import.meta.dirname, "../../../docs");
const valid = new Ajv2020().compile(hooksSchema());

describe("the published schema of files of hooks", () => {
  it("is that of this code; print it anew with `verbatim schema hooks`", async () => {
    const published = await readFile(join(DOCUMENTS, "schemas/hooks.schema.json"), "utf8");
    expect(JSON.parse(published)).toEqual(hooksSchema());
  });

  it("takes the example, and forbids every member that it does not know", () => {
    expect(valid(parse(EXAMPLE)) ? [] : valid.errors).toEqual([]);
    expect(JSON.stringify(hooksSchema())).not.toContain('"additionalProperties":true');
  });

  it.each([
    ["an unknown member", "timeout: 30s", "timeuot: 30s"],
    ["another version", "version: 1", "version: 2"],
    ["a relation to one and many", "org: { one: Organisation,", "org: { one: Organisation, many: User,"],
    ["a relation that leads nowhere", "org: { one: Organisation,", "org: {"],
    ["too many attempts", "attempts: 3", "attempts: 21"],
    ["too many records", "max_records: 1000", "max_records: 10001"],
    ["a hook without jobs", "[notify_agents]\n", "[]\n"],
  ])("refuses %s as the reader does", async (_what, search, replacement) => {
    const { text } = changed(search, replacement);
    expect(valid(parse(text))).toBe(false);
    expect(await toldOf(text)).not.toEqual([]);
  });

  it("is of the form that the document shows, which is valid as it stands", async () => {
    const document = await readFile(join(DOCUMENTS, "hooks.md"), "utf8");
    const [, shown = ""] = /```yaml\n([\s\S]*?)```/.exec(document) ?? [];
    expect(shown).toContain("Ticket.after_create");
    expect(await toldOf(shown, ["email.send"])).toEqual([]);
  });
});
