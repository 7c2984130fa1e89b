import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readFileText } from "../src/cards/declarations.ts";
import { firstSentence } from "../src/cards/doc-comments.ts";
import { project } from "./support/fixture.ts";
import type { Files } from "./support/fixture.ts";
import { run } from "./support/run.ts";

const RICH: Files = {
  "src/hands/port.ts": [
    'import type { Noun } from "#model";',
    "/** Holds things. Never drops <them>. */",
    "export interface Hand {",
    "  /** Holds one thing. */",
    "  grip(noun: Noun): Promise<number>;",
    "}",
    "",
  ].join("\n"),
  "src/hands/adapters/iron.ts": [
    'import type { Hand } from "../port.ts";',
    'import { readFileSync } from "node:fs";',
    "/**",
    " * Makes a hand of iron, see {@link Hand}.",
    " * @param size - how large, in mm",
    " */",
    "export function createIronHand(size = 1): Hand { void readFileSync; return { grip: () => Promise.resolve(size) }; }",
    "",
  ].join("\n"),
};

describe("the card of a file", () => {
  it("says where it stands, whom it takes what from, what it gives and to whom, and whether it may", async () => {
    using fixture = project(RICH);
    const { status, out } = await run(["card", "src/hands/adapters/iron.ts", "--root", fixture.root]);
    for (const part of [
      "# iron.ts\n",
      "**Layer:** [hands](../../../layers/hands.md)",
      "Role:        adapter\n",
      "Inbound:     hands\n",
      "Outside:     node:fs\n",
      "Purpose:     Makes a hand of iron, see `Hand`.\n",
      "Violations:  none\n",
      "**hands (types only):**\n\n- `src/hands/port.ts`: `Hand`",
      "### `function createIronHand(size = 1): Hand`\n\nMakes a hand of iron, see `Hand`.\n\n- **param** size: how large, in mm\n\nConsumers: main (1)",
      "- may import model; imports none\n- may be imported by main, engine (types); is imported by none",
    ])
      expect(out).toContain(part);
    expect(status).toBe(0);
  });

  it("shows the members of a port, and does not let its comments become HTML", async () => {
    using fixture = project(RICH);
    const { out } = await run(["card", "src/hands/port.ts", "--root", fixture.root]);
    expect(out).toContain("Role:        port\n");
    expect(out).toContain(
      "### `interface Hand`\n\nHolds things. Never drops &lt;them>.\n\n- `grip(noun: Noun): Promise<number>`: Holds one thing.\n\nConsumers: engine (1), hands (1)",
    );
  });

  it("names the findings in the file", async () => {
    using fixture = project({ "src/model/x.ts": 'export type { Rule } from "#policy";\n' });
    const { out } = await run(["card", "src/model/x.ts", "--root", fixture.root]);
    expect(out).toContain("Violations:  MATRIX\n");
    expect(out).toContain("- MATRIX: `src/model/x.ts`: model imports policy, which it may not");
  });
});

describe("the card of a layer", () => {
  it("says what it promises, to whom, whom it may know, and which laws bind it", async () => {
    using fixture = project(RICH);
    const { out } = await run(["card", "hands", "--root", fixture.root]);
    for (const part of [
      "- lies in `src/hands`: 3 files\n- uses from outside: `node:fs`",
      "| [model](model.md) | yes | types | no | no |",
      "| `interface Hand` | Holds things. | engine (1) |",
      "| `function createIronHand(size = 1): Hand` | Makes a hand of iron, see `Hand`. | main (1) |",
      "| [`src/hands/port.ts`](../src/hands/port.ts.md) | port | Holds things. |",
    ])
      expect(out).toContain(part);
    expect((await run(["card", "engine", "--root", fixture.root])).out).toContain("- **SEALED** (cannot-reach): ");
  });

  it("is refused for what is neither a layer nor a checked file", async () => {
    using fixture = project();
    expect((await run(["card", "engin", "--root", fixture.root])).status).toBe(2);
  });
});

async function written(files: Files = RICH) {
  const fixture = project(files);
  const out = join(fixture.root, "docs/cards");
  const cards = (...args: string[]) => run(["cards", "--root", fixture.root, "--out", out, ...args]);
  expect(await cards()).toMatchObject({ status: 0, out: expect.stringContaining("16 cards") });
  return Object.assign(fixture, { folder: out, cards });
}

describe("a folder of cards", () => {
  it("is as it would be written right after it was written, to the byte", async () => {
    using fixture = await written();
    expect(await fixture.cards("--check")).toMatchObject({ status: 0 });
    const before = readFileSync(join(fixture.folder, "src/hands/port.ts.md"), "utf8");
    await fixture.cards();
    expect(readFileSync(join(fixture.folder, "src/hands/port.ts.md"), "utf8")).toBe(before);
  });

  it.each([
    [
      "a card was changed",
      (folder: string) => writeFileSync(join(folder, "README.md"), "# mine"),
      "README.md is out of date",
    ],
    ["a card is missing", (folder: string) => rmSync(join(folder, "layers/model.md")), "layers/model.md is missing"],
    [
      "something else lies there",
      (folder: string) => writeFileSync(join(folder, "note.md"), "# mine"),
      "note.md is no card",
    ],
    [
      "a file is new",
      (folder: string) => writeFileSync(join(folder, "../../src/model/new.ts"), "export {};\n"),
      "src/model/new.ts.md is missing",
    ],
    [
      "a file is gone",
      (folder: string) => rmSync(join(folder, "../../src/policy/extra.ts")),
      "src/policy/extra.ts.md has lost what it speaks of",
    ],
    [
      "a comment is another",
      (folder: string) =>
        writeFileSync(join(folder, "../../src/policy/extra.ts"), "/** New. */\nexport const extra = 1;\n"),
      "src/policy/extra.ts.md is out of date",
    ],
  ] as const)("fails its check with 1 when %s, and names it", async (_title, change, says) => {
    using fixture = project({ "src/policy/extra.ts": "export {};\n" });
    const folder = join(fixture.root, "docs/cards");
    await run(["cards", "--root", fixture.root, "--out", folder]);
    change(folder);
    const { status, out } = await run(["cards", "--root", fixture.root, "--out", folder, "--check"]);
    expect(out).toContain(says);
    expect(status).toBe(1);
  });

  it("stays as it should be when lines move, and drops the card of a file that is gone", async () => {
    using fixture = await written({
      ...RICH,
      "src/policy/index.ts": 'export { admit } from "./admit.ts";\nexport type { Rule } from "./admit.ts";\n',
    });
    const path = join(fixture.root, "src/hands/port.ts");
    writeFileSync(path, `\n\n${readFileSync(path, "utf8")}`);
    expect((await fixture.cards("--check")).status).toBe(0);
    const extra = join(fixture.root, "src/model/extra.ts");
    writeFileSync(extra, "export {};\n");
    await fixture.cards();
    rmSync(extra);
    writeFileSync(join(fixture.folder, "note.md"), "mine");
    await fixture.cards();
    expect(existsSync(join(fixture.folder, "src/model/extra.ts.md"))).toBe(false);
    expect(existsSync(join(fixture.folder, "note.md"))).toBe(true);
  });

  it("is not written of a project that cannot be proven", async () => {
    using fixture = project({ "src/hands/x.ts": 'import "./gone.ts";\n' });
    const folder = join(fixture.root, "cards");
    expect((await run(["cards", "--root", fixture.root, "--out", folder])).status).toBe(2);
    expect(existsSync(folder)).toBe(false);
  });
});

describe("what a file exports is read from its text", () => {
  it.each([
    [
      "export async function* f<T>(a: T, /* why */ b = 1): AsyncGenerator<T> { yield a; }",
      "async function* f<T>(a: T, b = 1): AsyncGenerator<T>",
    ],
    ["export const f = async (a: string): Promise<void> => {};", "f = async (a: string): Promise<void>"],
    ["export default function (a: number): void {}", "function (a: number): void"],
    ["export abstract class A<T> extends B implements C {}", "abstract class A<T> extends B implements C"],
    ["function f(\n  a: string,\n  b: number,\n): void {}\nexport { f };", "function f(a: string, b: number): void"],
    ["export const LIMIT: number = 3;", "LIMIT: number"],
    ["export type Id = string | number;", "type Id = string | number"],
    ["export enum Colour { red }", "enum Colour"],
  ])("%s", (text, signature) => {
    expect(readFileText("x.ts", text).exports.map((each) => each.signature)).toEqual([signature]);
  });

  it("takes of a class what others can call, each with its comment", () => {
    const text =
      "export class A { /** Runs. */ run(): void {} private hide(): void {} #own() {} static of(): A { return new A(); } get size(): number { return 1; } }";
    expect(readFileText("x.ts", text).exports[0]?.methods).toEqual([
      { name: "run", signature: "run(): void", doc: "Runs." },
      { name: "of", signature: "static of(): A", doc: "" },
      { name: "size", signature: "get size(): number", doc: "" },
    ]);
  });

  it("tells the comment of the file from that of its first declaration", () => {
    expect(readFileText("x.ts", '/** The file. */\nimport "y";\nexport {};')).toMatchObject({ doc: "The file." });
    expect(readFileText("x.ts", "/** Its own. */\nexport const a = 1;")).toMatchObject({
      doc: "",
      exports: [{ doc: "Its own." }],
    });
  });

  it.each([
    ["One. Two.", "One."],
    ["One is 1.5 long: so. Two.", "One is 1.5 long: so."],
    ["No end\n\nnext", "No end"],
    ["First\nline\n@param x - y", "First line"],
  ])("the first sentence of %j is %j", (doc, sentence) => {
    expect(firstSentence(doc)).toBe(sentence);
  });
});
