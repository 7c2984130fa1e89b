import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { markedTable, ROOT, textOf } from "./support/documents.ts";
import { readLayers } from "./support/layers.ts";
import { testFiles, titlesIn } from "./support/tests.ts";

const LAW = /\b(?:EXEC-\d{3}|LAYER-\d{2}|PORT-\d{2})\b/g;
const PROMISE = /\bP[1-9]\b/g;

const ARCHITECTURE = textOf("ARCHITECTURE.md");
const SECURITY = textOf("SECURITY.md");
const { laws } = readLayers();
const FILES = testFiles();

function idsIn(texts: readonly string[], pattern: RegExp): readonly string[] {
  return [...new Set(texts.flatMap((text) => text.match(pattern) ?? []))].toSorted();
}

function tableIds(name: string): readonly string[] {
  return markedTable(ARCHITECTURE, name).map(([id]) => id ?? "");
}

function lawsInTables(): ReadonlySet<string> {
  return new Set(tableIds("laws: source"));
}

describe("the laws in ARCHITECTURE.md are the laws of the code", () => {
  test("every law of layers.json stands there in its words, and no other", () => {
    const rows = markedTable(ARCHITECTURE, "laws: source").map(([id, says]) => [id, says]);
    expect(rows).toEqual(Object.entries(laws).map(([id, { reason }]) => [id, reason]));
  });

  test("every law that the title of a test names stands there", () => {
    const own = FILES.filter(({ path }) => path.startsWith("test/")).flatMap(({ titles }) => titles);
    const stand = lawsInTables();
    expect(idsIn(own, LAW).filter((id) => !stand.has(id))).toEqual([]);
  });

  test("every law of the executor that stands there is in the title of a test, in the folder that is named", () => {
    const rows = markedTable(ARCHITECTURE, "laws: source").filter(([id = ""]) => id.startsWith("EXEC-"));
    expect(rows).toHaveLength(6);
    for (const [id = "", , heldBy = ""] of rows) {
      const folder = /`([^`]+)`/.exec(heldBy)?.[1] ?? "no folder";
      const titles = FILES.filter(({ path }) => path.startsWith(`${folder}/`)).flatMap((file) => file.titles);
      expect(idsIn(titles, LAW), id).toContain(id);
    }
  });

  test("every law that another document names is a law", () => {
    const known = lawsInTables();
    for (const path of ["ARCHITECTURE.md", "README.md", "SECURITY.md", "CONTRIBUTING.md", "GLOSSARY.md"])
      expect(
        idsIn([textOf(path)], LAW).filter((id) => !known.has(id)),
        path,
      ).toEqual([]);
  });
});

/** The section of each promise in SECURITY.md: its id, its text. */
const PROMISES = new Map(
  SECURITY.split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, 2), section.split(/^## /m)[0] ?? ""]),
);

/** The files and folders that a promise names as its tests. */
function namedTests(section: string): readonly string[] {
  const list = /^Held by: (.*)$/m.exec(section)?.[1] ?? "";
  return [...list.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? "");
}

describe("the promises in SECURITY.md name their tests", () => {
  test("there are seven promises, in order", () => {
    expect([...PROMISES.keys()]).toEqual(["P1", "P2", "P3", "P4", "P5", "P6", "P7"]);
  });

  test.each([...PROMISES])("what %s names is there", (_id, section) => {
    const named = namedTests(section);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test("a file whose titles name a promise is named by that promise", () => {
    const missing = FILES.filter(({ path }) => path.startsWith("test/") && !path.startsWith("test/docs/")).flatMap(
      ({ path, titles }) =>
        idsIn(titles, PROMISE)
          .filter((id) => !namedTests(PROMISES.get(id) ?? "").some((named) => path.startsWith(named)))
          .map((id) => `${id} does not name ${path}`),
    );
    expect(missing).toEqual([]);
  });
});

describe("how titles are found in a file of tests", () => {
  test.each([
    [`test("a title", () => {})`, ["a title"]],
    [`it.each([1, 2])("a title of %i", () => {})`, ["a title of %i"]],
    ['describe("outer", () => {\n  it(\n    `P1 inner`,\n    async () => {} ) })', ["outer", "P1 inner"]],
    [`expect(tested("no title"))`, []],
  ])("in %s", (text, titles) => {
    expect(titlesIn(text)).toEqual(titles);
  });
});
