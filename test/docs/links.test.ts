import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { documentPaths, ROOT, textOf } from "./support/documents.ts";

const DOCUMENTS = documentPaths();

/** A document without its fenced blocks. */
function proseOf(path: string): string {
  return textOf(path).replaceAll(/^```[\s\S]*?^```$/gm, "");
}

/** What a heading is called in a link, as code hosts do it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

function anchorsOf(path: string): readonly string[] {
  return [...proseOf(path).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));
}

/** What is wrong with a link of a document; undefined if it leads somewhere. */
function problemOf(path: string, target: string): string | undefined {
  if (/^(?:https?|mailto):/.test(target)) return undefined;
  const [file = "", anchor] = target.split("#");
  const aim = file === "" ? path : join(dirname(path), file);
  if (!existsSync(join(ROOT, aim))) return `${target}: there is no ${aim}`;
  if (anchor === undefined || anchorsOf(aim).includes(anchor)) return undefined;
  return `${target}: ${aim} has no heading of that name`;
}

/** Paths that a running server or an example makes. */
const MADE = /^examples\/(?:\.verbatim|out)\b/;

const FOLDERS = /^(?:src|test|docs|tools|examples|proto|bench)\//;
const SOURCES = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });

/** Whether a path that is named in code signs is there: from the top, or from some folder of `src`. */
function isThere(path: string): boolean {
  if (MADE.test(path) || existsSync(join(ROOT, path)) || existsSync(join(ROOT, "src", path))) return true;
  return SOURCES.some((source) => source.endsWith(`/${path}`));
}

describe("what the documents point to is there", () => {
  test("the documents are found", () => {
    for (const path of [
      "README.md",
      "ARCHITECTURE.md",
      "docs/errors.md",
      "docs/adr/README.md",
      "tools/layer-lint/README.md",
    ])
      expect(DOCUMENTS).toContain(path);
  });

  test.each(DOCUMENTS)("every link of %s leads to a file, and to a heading of it where it names one", (path) => {
    const targets = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? "");
    expect(targets.map((target) => problemOf(path, target)).filter((problem) => problem !== undefined)).toEqual([]);
  });

  test.each(DOCUMENTS.filter((path) => !path.startsWith("tools/")))("every file that %s names is there", (path) => {
    const spans = [...proseOf(path).matchAll(/`([^`\s]+)`/g)].map(([, span]) => span ?? "");
    const paths = spans.filter(
      (span) => (FOLDERS.test(span) && !/[*<>{}]/.test(span)) || /^\w[\w./-]*\.ts$/.test(span),
    );
    expect(paths.filter((span) => !isThere(span))).toEqual([]);
  });

  test("a link to nowhere and a heading that is not there are found", () => {
    expect(problemOf("README.md", "docs/errors.md#job_id_taken")).toBeUndefined();
    expect(problemOf("README.md", "docs/nowhere.md")).toBe("docs/nowhere.md: there is no docs/nowhere.md");
    expect(problemOf("docs/errors.md", "../README.md#nothing-of-the-kind")).toContain("no heading");
    expect(isThere("src/executor/retry.ts")).toBe(false);
    expect(isThere("run-job.ts")).toBe(true);
  });
});
