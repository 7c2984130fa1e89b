import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderLayers } from "../src/init/order-layers.ts";
import { check } from "../src/index.ts";
import { project } from "./support/fixture.ts";
import type { Files } from "./support/fixture.ts";
import { run } from "./support/run.ts";

const NEW: Files = { "layers.json": null };

const configOf = (root: string) => JSON.parse(readFileSync(join(root, "layers.json"), "utf8"));

describe("init proposes a configuration from what is imported today", () => {
  it("layers from the top down, each with just what it imports, and clean by it", async () => {
    using fixture = project(NEW);
    const { status, out } = await run(["init", "--root", fixture.root]);
    expect(out).toContain("layers.json is written: 5 layers\n");
    const { layers, laws } = configOf(fixture.root);
    expect(layers).toEqual([
      { name: "main", path: "src/main", mayImport: ["engine", "hands", "policy"] },
      {
        name: "engine",
        path: "src/engine",
        mayImport: [
          { layer: "hands", as: "type" },
          { layer: "model", as: "type" },
        ],
      },
      { name: "hands", path: "src/hands", mayImport: [{ layer: "model", as: "type" }] },
      { name: "policy", path: "src/policy", mayImport: [{ layer: "model", as: "type" }] },
      { name: "model", path: "src/model", mayImport: [] },
    ]);
    expect(Object.values(laws).map((law) => (law as { kind: string }).kind)).toEqual([
      // as: just read from JSON
      "allow-matrix",
      "declared",
      "acyclic",
      "face-only",
      "type-only",
      "visible-imports",
    ]);
    expect(status).toBe(0);
    expect(await check({ root: fixture.root })).toMatchObject({ exitCode: 0 });
  });

  it("names the rings that it had to allow, with the imports that go up", async () => {
    using fixture = project({ ...NEW, "src/model/x.ts": 'export type { Rule } from "#policy";\n' });
    const { status, out } = await run(["init", "--root", fixture.root]);
    expect(out).toContain("allowed, though it is a ring: model, policy; up the order go: policy imports model (1)\n");
    expect(status).toBe(0);
  });

  it("leaves out the laws that are broken today, with how often and where", async () => {
    using fixture = project({ ...NEW, "src/main/x.ts": 'export { admit } from "../policy/admit.ts";\n' });
    const { status, out } = await run(["init", "--root", fixture.root]);
    expect(out).toContain("left out: face-only is broken 1 time today, first at src/main/x.ts:1\n");
    expect(status).toBe(0);
  });

  it("says why the project is not clean by it, and ends as the check does", async () => {
    using fixture = project({ ...NEW, "src/hands/x.ts": 'import "./gone.ts";\n' });
    const { status, out } = await run(["init", "--root", fixture.root]);
    expect(out).toContain('src/hands/x.ts:1:1 CONFIG (cannot be proven) "./gone.ts" leads nowhere');
    expect(status).toBe(2);
  });

  it("keeps tests out, gives files beside folders a layer, and goes into the only folder", async () => {
    using fixture = project({
      ...NEW,
      ...Object.fromEntries(
        [
          "main/main",
          "policy/index",
          "policy/admit",
          "engine/index",
          "engine/run",
          "hands/index",
          "hands/port",
          "hands/adapters/iron",
          "model/index",
          "model/nouns",
        ].map((file) => [`src/${file}.ts`, null]),
      ),
      "src/app/start.ts": 'import "./a/a.ts";\n',
      "src/app/a/a.ts": "export {};\n",
      "src/app/a/a.test.ts": 'import "./a.ts";\n',
    });
    await run(["init", "--root", fixture.root]);
    expect(configOf(fixture.root)).toMatchObject({
      root: "src",
      ignore: ["src/**/*.test.ts"],
      layers: [
        { name: "main", path: "src/app/start.ts", mayImport: ["a"] },
        { name: "a", path: "src/app/a", mayImport: [] },
      ],
    });
  });

  it("only prints with --dry-run, and what it prints is the file", async () => {
    using fixture = project(NEW);
    const { out } = await run(["init", "--root", fixture.root, "--dry-run"]);
    expect(existsSync(join(fixture.root, "layers.json"))).toBe(false);
    await run(["init", "--root", fixture.root]);
    expect(readFileSync(join(fixture.root, "layers.json"), "utf8")).toBe(out);
  });

  it("overwrites a configuration only by --force", async () => {
    using fixture = project();
    const before = readFileSync(join(fixture.root, "layers.json"), "utf8");
    expect(await run(["init", "--root", fixture.root])).toMatchObject({
      status: 2,
      err: expect.stringContaining("--force"),
    });
    expect(readFileSync(join(fixture.root, "layers.json"), "utf8")).toBe(before);
    await run(["init", "--root", fixture.root, "--force"]);
    expect(readFileSync(join(fixture.root, "layers.json"), "utf8")).not.toBe(before);
  });

  it.each([
    ["there is no source", ["--sources", "nowhere"], "Name their folder with --sources"],
    ["there is no tsconfig", ["--tsconfig", "gone.json"], "gone.json"],
  ])("ends with 2 when %s, and writes nothing", async (_title, args, says) => {
    using fixture = project(NEW);
    const { status, err } = await run(["init", "--root", fixture.root, ...args]);
    expect(err).toContain(says);
    expect(status).toBe(2);
    expect(existsSync(join(fixture.root, "layers.json"))).toBe(false);
  });
});

describe("the order of layers", () => {
  const names = ["a", "b", "c", "d", "e"];
  const pair = fc.record({
    from: fc.constantFrom(...names),
    to: fc.constantFrom(...names),
    imports: fc.integer({ min: 1, max: 9 }),
  });
  const pairs = fc.array(pair).map((some) => some.filter(({ from, to }) => from !== to));

  it("has every layer once, and lets imports go up only within a ring", () => {
    fc.assert(
      fc.property(pairs, (some) => {
        const { order, rings } = orderLayers(names, some);
        expect(order.toSorted()).toEqual(names);
        const upward = some.filter(({ from, to }) => order.indexOf(from) > order.indexOf(to));
        expect(rings.flatMap((ring) => ring.upward)).toEqual(expect.arrayContaining(upward));
        for (const { from, to } of upward)
          expect(rings.some(({ layers }) => layers.includes(from) && layers.includes(to))).toBe(true);
      }),
    );
  });

  it("does not depend on the order in which layers and imports are given", () => {
    fc.assert(
      fc.property(pairs, (some) => {
        expect(orderLayers(names.toReversed(), some.toReversed()).order).toEqual(orderLayers(names, some).order);
      }),
    );
  });
});
