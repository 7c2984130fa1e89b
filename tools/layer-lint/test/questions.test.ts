import { describe, expect, it } from "vitest";
import { KIND_EXAMPLES } from "../src/explain/examples.ts";
import { check } from "../src/index.ts";
import { LAW_KINDS } from "../src/laws/index.ts";
import { configured, LAYERS, project } from "./support/fixture.ts";
import { run } from "./support/run.ts";

const TWO_HOPS = {
  "src/engine/x.ts": 'import type { Y } from "../model/y.ts";\nexport type X = Y;\n',
  "src/model/y.ts": 'import type { Rule } from "#policy";\nexport type Y = Rule;\n',
};

/** A package that is installed. */
const PACKAGE = {
  "node_modules/zod/package.json": JSON.stringify({ name: "zod", version: "4.0.0", exports: "./index.js" }),
  "node_modules/zod/index.js": "export const z = 1;\n",
  "node_modules/zod/index.d.ts": "export declare const z: number;\n",
};

describe("explain", () => {
  it("says of a law what it says, why, how it is configured here, and how often it is broken", async () => {
    using fixture = project(TWO_HOPS);
    const { status, out } = await run(["explain", "SEALED", "--root", fixture.root]);
    for (const part of [
      "SEALED cannot-reach, strict: nothing may be excused from it",
      "Why: Who can reach the policy can decide",
      "Do:  Cut one import of the chain",
      '      "from": "engine",',
      "Broken, for example in src/engine/decide.ts:",
      "Kept:",
      "SEALED is broken now: 1 finding.",
      "src/engine/x.ts:1  engine reaches policy",
    ])
      expect(out).toContain(part);
    expect(out).toMatch(/In layers\.json:\d+:/);
    expect(status).toBe(0);
  });

  it("says of a kind which laws are of it", async () => {
    using fixture = project();
    const { out } = await run(["explain", "cannot-reach", "--root", fixture.root]);
    expect(out).toContain("cannot-reach is a kind of law");
    expect(out).toContain("SEALED is kept now.");
  });

  it.each([
    [
      "its id",
      async (root: string) => (await check({ root })).violations.find((each) => each.law === "SEALED")?.id ?? "",
    ],
    ["its place", () => Promise.resolve("src/engine/x.ts:1")],
    ["its place and column", () => Promise.resolve("./src/engine/x.ts:1:1")],
  ])("shows a finding by %s, with the code along its way", async (_title, name) => {
    using fixture = project(TWO_HOPS);
    const { status, out } = await run(["explain", await name(fixture.root), "--root", fixture.root]);
    expect(out).toContain('> 1 | import type { Y } from "../model/y.ts";');
    expect(out).toContain('On the way:\n    src/model/y.ts:1\n    > 1 | import type { Rule } from "#policy";');
    expect(out).toMatch(/fingerprint, which stays when lines move: [0-9a-f]{32}/);
    expect(status).toBe(0);
  });

  it("refuses what it does not know, and lists what there is", async () => {
    using fixture = project();
    const { status, err } = await run(["explain", "SELAED", "--root", fixture.root]);
    expect(err).toContain('"SELAED" is no law, no kind of law and no finding here. The laws are MATRIX, FACES');
    expect(status).toBe(2);
  });

  it("has an example of every kind that is checked", () => {
    const unchecked = new Set(["in-order", "evidence-per-call", "stop-on-failure", "read-only", "call-once"]);
    const kinds = LAW_KINDS.map(({ kind }) => kind).filter((kind) => !unchecked.has(kind));
    expect(Object.keys(KIND_EXAMPLES).toSorted()).toEqual(expect.arrayContaining(kinds.toSorted()));
  });

  it.each(Object.keys(KIND_EXAMPLES))(
    "tells the truth by its example of %s: the one breaks it, the other does not",
    async (kind) => {
      const { file, breaks, keeps, law } = KIND_EXAMPLES[kind]!;
      const id = Object.entries(LAYERS.laws).find(([, each]) => each.kind === kind)?.[0] ?? "EXAMPLE";
      const config = configured((copy) => ({
        ...copy,
        laws: { ...copy.laws, ...(law && { [id]: { kind, ...law } }) },
      }));
      const base = { ...config, ...PACKAGE };
      using broken = project({ ...base, [file]: breaks });
      expect((await check({ root: broken.root })).violations.map((each) => each.law)).toContain(id);
      using kept = project(keeps === "" ? base : { ...base, [file]: keeps });
      expect((await check({ root: kept.root })).violations.filter((each) => each.law === id)).toEqual([]);
    },
  );
});

describe("why", () => {
  it("shows every hop of a shortest way, with its place, its specifier, and whether only types are taken", async () => {
    using fixture = project({ ...TWO_HOPS, "src/engine/z.ts": 'import "../model/y.ts";\n' });
    const { status, out } = await run(["why", "engine", "policy", "--root", fixture.root]);
    expect(out).toBe(
      [
        "src/engine/x.ts reaches src/policy/index.ts in 2 hops",
        '       src/engine/x.ts:1  names "../model/y.ts" (import, types only)',
        '    -> src/model/y.ts:1  names "#policy" (import, types only)',
        "    -> src/policy/index.ts",
        "",
      ].join("\n"),
    );
    expect(status).toBe(0);
  });

  it("shows one way for each file with --all", async () => {
    using fixture = project({ ...TWO_HOPS, "src/engine/z.ts": 'import "../model/y.ts";\n' });
    const { out } = await run(["why", "engine", "policy", "--all", "--root", fixture.root, "--format", "json"]);
    const starts = JSON.parse(out).ways.map((way: { file: string }[]) => way[0]?.file);
    expect(starts).toEqual(["src/engine/x.ts", "src/engine/z.ts"]);
  });

  it("leaves out types with --runtime, and says when there is then no way", async () => {
    using fixture = project(TWO_HOPS);
    const { status, out } = await run(["why", "engine", "policy", "--runtime", "--root", fixture.root]);
    expect(out).toBe("There is no way from engine to policy at run time.\n");
    expect(status).toBe(1);
  });

  it.each([
    ["src/main/main.ts", "src/policy/admit.ts", "in 2 hops"],
    ["src/main", "src/hands/adapters", "in 2 hops"],
    ["main", "node:fs", "reaches node:fs in 1 hop"],
  ])("answers from %s to %s", async (from, to, says) => {
    using fixture = project({ "src/main/fs.ts": 'export { readFileSync } from "node:fs";\n' });
    expect((await run(["why", from, to, "--root", fixture.root])).out).toContain(says);
  });

  it.each([
    [["why", "engin", "policy"], '"engin" is no layer, file or folder of this project.'],
    [["why", "main", "run.ts"], "Did you mean src/engine/run.ts?"],
    [["why", "main", "node:vm"], '"node:vm" is no layer'],
  ])("refuses %j and says what there is", async (args, says) => {
    using fixture = project();
    const { status, err } = await run([...args, "--root", fixture.root]);
    expect(err).toContain(says);
    expect(status).toBe(2);
  });
});

describe("graph", () => {
  it("draws the layers, types dashed and what is not allowed red", async () => {
    using fixture = project({ "src/model/x.ts": 'export * from "#policy";\n' });
    const { status, out } = await run(["graph", "--root", fixture.root]);
    expect(out).toMatch(/^flowchart TD\n {2}n0\["main"\]\n/);
    expect(out).toContain("  n2 -.->|1| n4");
    expect(out).toContain("  n4 -->|1| n1");
    expect(out).toMatch(/linkStyle \d+ stroke:red\n$/);
    expect(status).toBe(0);
  });

  it("draws the files of a layer with their neighbours", async () => {
    using fixture = project();
    const { out } = await run(["graph", "--files", "--layer", "engine", "--format", "json", "--root", fixture.root]);
    const { nodes, arrows } = JSON.parse(out);
    expect(nodes.map((node: { name: string }) => node.name)).toEqual([
      "src/engine/index.ts",
      "src/engine/run.ts",
      "src/hands/index.ts",
      "src/main/main.ts",
      "src/model/index.ts",
    ]);
    expect(arrows).toContainEqual({
      from: "src/engine/run.ts",
      to: "src/model/index.ts",
      imports: 1,
      typeOnly: true,
      forbidden: false,
    });
  });

  it("quotes names that Graphviz or Mermaid would read as their own", async () => {
    using fixture = project({ 'src/model/a"]<b>.ts': "export {};\n" });
    const dot = await run(["graph", "--files", "--format", "dot", "--root", fixture.root]);
    expect(dot.out).toContain(String.raw`"src/model/a\"]<b>.ts";`);
    const mermaid = await run(["graph", "--files", "--root", fixture.root]);
    expect(mermaid.out).toContain('["src/model/a#quot;]#lt;b>.ts"]');
  });

  it("refuses a layer that is not there", async () => {
    using fixture = project();
    const { status, err } = await run(["graph", "--layer", "engin", "--root", fixture.root]);
    expect(err).toContain("The layers are main, policy, engine, hands, model.");
    expect(status).toBe(2);
  });
});

describe("coverage", () => {
  it("counts files, imports between layers, and what each law looked at", async () => {
    using fixture = project();
    const { status, out } = await run(["coverage", "--root", fixture.root, "--format", "json"]);
    const covered = JSON.parse(out);
    expect(covered.layers).toContainEqual({ layer: "engine", files: 2, paths: ["src/engine"] });
    expect(covered.imports).toContainEqual({ from: "engine", to: "model", imports: 1, loading: 0, permission: "type" });
    expect(covered.laws).toContainEqual({
      law: "SEALED",
      kind: "cannot-reach",

      at: [
        { place: "from engine", files: 2, edges: 4 },
        { place: "to policy", files: 2, edges: 4 },
        { place: "to main", files: 1, edges: 3 },
      ],
      findings: 0,
    });
    expect(status).toBe(0);
  });

  it("ends with 2 where something matches nothing, and names it", async () => {
    using fixture = project(configured((config) => ({ ...config, ignore: ["src/**/*.spec.ts"] })));
    const { status, err } = await run(["coverage", "--root", fixture.root]);
    expect(err).toContain('"src/**/*.spec.ts" matches no file');
    expect(status).toBe(2);
  });

  it("lists what belongs to no layer, and what is ignored", async () => {
    using fixture = project({
      ...configured((config) => ({ ...config, ignore: ["src/**/*.spec.ts"] })),
      "src/model/x.spec.ts": "export {};\n",
      "src/helpers/x.ts": "export {};\n",
    });
    const { status, out } = await run(["coverage", "--root", fixture.root]);
    expect(out).toContain("(no layer): src/helpers/x.ts\nignored: src/model/x.spec.ts\n");
    expect(status).toBe(2);
  });
});
