import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCanary } from "../../tools/layer-lint/src/canary/run-canary.ts";
import { check } from "../../tools/layer-lint/src/index.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The laws of the house, so that none of them disappears unnoticed. */
const LAWS =
  "LAYER-01 LAYER-02 LAYER-03 LAYER-04 LAYER-05 LAYER-06 LAYER-07 LAYER-08 LAYER-09 LAYER-10 LAYER-11 LAYER-12 LAYER-13 LAYER-14 LAYER-15 LAYER-16 LAYER-17 LAYER-18 LAYER-19 LAYER-20 LAYER-21 PORT-01 EXEC-001 EXEC-002 EXEC-003 EXEC-004 EXEC-005 EXEC-006".split(
    " ",
  );

interface LayersFile {
  readonly layers: readonly { readonly name: string; readonly path: string }[];
  readonly laws: Readonly<Record<string, { readonly reason?: string }>>;
}

const layersFile = JSON.parse(readFileSync(join(ROOT, "layers.json"), "utf8")) as LayersFile; // as: layer-lint checks the file's form
const packageFile = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly imports: Readonly<Record<string, string>>;
}; // as: npm checks its form

describe("the house keeps its own laws", () => {
  it("breaks none of LAYER-01 to LAYER-21, PORT-01, EXEC-001 to EXEC-006, and leaves nothing unproven", async () => {
    const report = await check({ root: ROOT });
    expect(report.violations.map(({ law, file, line, message }) => `${law} ${file}:${line} ${message}`)).toEqual([]);
    expect(report).toMatchObject({ ok: true, exitCode: 0, unresolved: 0, layers: layersFile.layers.length });
    expect(report.laws.map(({ id }) => id)).toEqual(LAWS);
  });

  it("EXEC-005: the executor reaches its four neighbours below and nothing else", async () => {
    const { reach } = await check({ root: ROOT });
    expect(reach.filter(({ law }) => law === "EXEC-005")).toEqual([
      { law: "EXEC-005", from: "executor", reaches: ["effects", "health", "evidence", "model"], forbidden: false },
    ]);
  });

  it("LAYER-21: a worker's process reaches neither what decides nor what answers calls", async () => {
    const { reach } = await check({ root: ROOT });
    const worker = reach.find(({ law }) => law === "LAYER-21");
    expect(worker).toMatchObject({ from: "src/main/worker", forbidden: false });
    expect(worker?.reaches).toEqual(expect.arrayContaining(["worker", "executor", "evidence"]));
    for (const layer of ["governance", "orchestration", "api", "cli"]) expect(worker?.reaches).not.toContain(layer);
  });

  it("has a checker that catches a planted breach of every law", async () => {
    const { ok, laws } = await runCanary({ root: ROOT });
    expect(laws.map(({ law }) => law)).toEqual(LAWS);
    expect(laws.flatMap(({ law, missed }) => missed.map((file) => `${law} missed ${file}`))).toEqual([]);
    expect(ok).toBe(true);
  });

  it("gives a reason of its own for every law", () => {
    for (const [id, { reason }] of Object.entries(layersFile.laws)) expect(reason, id).toMatch(/^[A-Z].{20,}\.$/);
  });

  it("maps each layer's name to its face and to nothing deeper", () => {
    const faces = Object.fromEntries(layersFile.layers.map(({ name, path }) => [`#${name}`, `./${path}/index.ts`]));
    for (const [key, target] of Object.entries(packageFile.imports)) expect(target, key).toBe(faces[key]);
  });
});
