import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createArtifactCollect } from "#effects";
import type { StepOutput } from "#effects";
import type { JsonObject } from "#model";
import { performStep } from "../support/perform-step.ts";

let root: string;
let directory: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "verbatim-artifacts-")));
  directory = join(root, "permitted");
  mkdirSync(join(directory, "out"), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const collect = (parameters: JsonObject): Promise<StepOutput> =>
  performStep(createArtifactCollect({ directories: [directory] }), parameters);

function write(
  name: string,
  content: string,
): { readonly path: string; readonly sha256: string; readonly size: number } {
  writeFileSync(join(directory, name), content);
  return { path: name, sha256: createHash("sha256").update(content).digest("hex"), size: Buffer.byteLength(content) };
}

test("each file that a pattern matches is told once, with the digest of its bytes, in order", async () => {
  const b = write("out/b.csv", "x".repeat(600_000));
  const a = write("out/a.csv", "");
  write("out/other.txt", "no");
  expect(await collect({ patterns: ["out/*.csv", "**/b.csv"] })).toEqual({
    success: true,
    output: { artifacts: [a, b] },
  });
});

test("patterns are relative to the working directory", async () => {
  write("out/a.csv", "1");
  expect(await collect({ patterns: ["*.csv"], working_directory: "out" })).toMatchObject({
    output: { artifacts: [{ path: "a.csv", size: 1 }] },
  });
});

test("a pattern that matches no file fails, and so does a directory of that name", async () => {
  mkdirSync(join(directory, "out/dir.csv"));
  expect(await collect({ patterns: ["out/*.csv"] })).toMatchObject({
    success: false,
    errorClass: "validation_failed",
    error: "no file matches out/*.csv in .",
  });
});

test("a link that leads out of the permitted directories is not followed", async () => {
  writeFileSync(join(root, "secret"), "s");
  symlinkSync(join(root, "secret"), join(directory, "out/a.csv"));
  expect(await collect({ patterns: ["out/*"] })).toMatchObject({ success: false, errorClass: "sandbox_violation" });
});
