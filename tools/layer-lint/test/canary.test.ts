import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCanary } from "../src/canary/run-canary.ts";
import { readAndCheck } from "../src/check.ts";
import { compare } from "../src/report/finding.ts";
import { LAW_KINDS } from "../src/laws/index.ts";
import { configured, LAYERS, project } from "./support/fixture.ts";
import { FURTHER_LAWS, withLaws } from "./support/further-laws.ts";

const LAWS = { ...LAYERS.laws, ...FURTHER_LAWS };
const LAW_OF_KIND = Object.entries(LAWS).map(([id, { kind }]) => [kind, id] as const);

describe("the canary shows that the checker can see", () => {
  it("catches what is planted for every law of the configuration", async () => {
    using fixture = project(withLaws(LAWS));
    const { ok, laws } = await runCanary({ root: fixture.root });
    expect(laws.map(({ law }) => law)).toEqual(Object.keys(LAWS));
    expect(laws.flatMap(({ missed }) => missed)).toEqual([]);
    expect(Math.min(...laws.map(({ planted }) => planted))).toBeGreaterThan(0);
    expect(ok).toBe(true);
  });

  it("has a fixture with a law of every kind that is checked", () => {
    const checked = LAW_KINDS.map(({ kind }) => kind).filter((kind) => LAW_OF_KIND.some(([known]) => known === kind));
    const unchecked = ["in-order", "evidence-per-call", "stop-on-failure", "read-only", "call-once"];
    expect([...checked, ...unchecked]).toEqual(LAW_KINDS.map(({ kind }) => kind));
  });

  it.each(LAW_OF_KIND)("goes red when the checker is blind to %s (%s)", async (kind, id) => {
    using fixture = project(withLaws(LAWS));
    const blinded = LAW_KINDS.map((known) =>
      known.kind === kind
        ? { ...known, bind: (law: string, entry: unknown) => ({ ...known.bind(law, entry), check: () => [] }) }
        : known,
    );
    expect((await readAndCheck({ root: fixture.root }, blinded)).report.exitCode).toBe(0);
    const { ok, laws } = await runCanary({ root: fixture.root }, blinded);
    expect(ok).toBe(false);
    expect(laws.filter(({ missed }) => missed.length > 0).map(({ law }) => law)).toEqual([id]);
  });

  it("goes red for a law for which nothing can be planted", async () => {
    using fixture = project(
      configured((config) => ({
        ...config,
        layers: config.layers.map((layer) => ({ ...layer, mayImport: ["*"] })),
        laws: { MATRIX: config.laws.MATRIX },
      })),
    );
    const { ok, laws } = await runCanary({ root: fixture.root });
    expect(laws).toEqual([{ law: "MATRIX", planted: 0, missed: [] }]);
    expect(ok).toBe(false);
  });

  it("sings for a sealed layer that is no machine, and for one that is a path", async () => {
    using fixture = project(
      configured((config) => ({
        ...config,
        laws: {
          PLAIN: { kind: "cannot-reach", from: "model", to: ["policy", "src/hands/adapters"] },
          PATH: { kind: "cannot-reach", from: "src/hands/adapters", to: ["policy"] },
        },
      })),
    );
    expect(await runCanary({ root: fixture.root })).toMatchObject({
      ok: true,
      laws: [{ law: "PLAIN" }, { law: "PATH" }],
    });
  });

  it("says why it cannot sing when the project cannot be read", async () => {
    using fixture = project({ "tsconfig.json": null });
    const canary = await runCanary({ root: fixture.root });
    expect(canary.ok).toBe(false);
    expect(canary.refused).toContain("tsconfig.json is not there");
  });

  it("sings in a copy: the project stays as it is, and nothing is left behind", async () => {
    using fixture = project();
    const files = () => readdirSync(fixture.root, { recursive: true, encoding: "utf8" }).toSorted(compare);
    const before = files();
    await runCanary({ root: fixture.root });
    expect(files()).toEqual(before);
    expect(existsSync(join(fixture.root, "src/layer-lint-canary-undeclared"))).toBe(false);
  });

  it("sings where the tsconfig extends another and packages lie further up", async () => {
    using fixture = project({
      "node_modules/pkg/package.json": '{"name":"pkg","type":"module","exports":"./i.js"}',
      "node_modules/pkg/i.js": "export const a = 1;",
      "config/base.json": JSON.stringify({
        compilerOptions: { module: "nodenext", target: "esnext", allowImportingTsExtensions: true, noEmit: true },
      }),
      "tsconfig.json": JSON.stringify({ extends: "./config/base.json", include: ["src"] }),
      "src/hands/x.ts": 'export { a } from "pkg";\n',
    });
    expect(await runCanary({ root: fixture.root })).toMatchObject({ ok: true });
  });
});
