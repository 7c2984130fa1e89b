import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const FLAG = "--max-semi-space-size=16";

test("the program is started with a small young generation, whichever way it is started", () => {
  const [firstLine] = readFileSync(join(ROOT, "src/main/bin.ts"), "utf8").split("\n");
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  }; // our own
  expect(firstLine).toBe(`#!/usr/bin/env -S node ${FLAG}`);
  expect(scripts["verbatim"]).toContain(`node ${FLAG} `);
});
