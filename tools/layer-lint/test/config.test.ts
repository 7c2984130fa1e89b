import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compare } from "../src/report/finding.ts";
import { check } from "../src/index.ts";
import type { LAYERS } from "./support/fixture.ts";
import { configured, project } from "./support/fixture.ts";

type Change = (config: typeof LAYERS) => unknown;

/** What is wrong with the configuration, what the message has to say, and the text at which the place has to be. */
const REFUSED: readonly (readonly [title: string, change: Change, says: string, at: string])[] = [
  ["an unknown key at the top", (config) => ({ ...config, layer: [] }), 'layer: unknown key "layer"', '"layer":'],
  [
    "an unknown key of a layer",
    (config) => Object.assign(config.layers[2] ?? {}, { mayImprt: [] }) && config,
    'layers[2].mayImprt: unknown key "mayImprt"',
    '"mayImprt"',
  ],
  [
    "an unknown key in an entry of mayImport",
    (config) => ({
      ...config,
      layers: config.layers.map((layer) =>
        layer.name === "hands" ? { ...layer, mayImport: [{ layer: "model", is: "type", as: "type" }] } : layer,
      ),
    }),
    'layers[3].mayImport[0].is: unknown key "is"',
    '"is"',
  ],
  [
    "an unknown key of a law",
    (config) => Object.assign(config.laws.MINT, { types: "Token" }) && config,
    'laws.MINT.types: unknown key "types"',
    '"types"',
  ],
  [
    "an unknown key of the machine block",
    (config) => Object.assign(config.machine, { builtin: [] }) && config,
    'machine.builtin: unknown key "builtin"',
    '"builtin"',
  ],
  [
    "an unknown kind of law",
    (config) => Object.assign(config.laws.CYCLES, { kind: "acyclical" }) && config,
    'laws.CYCLES.kind: "acyclical" is no kind of law; known are allow-matrix, face-only, acyclic',
    '"kind": "acyclical"',
  ],
  [
    "a missing key of a law",
    (config) => ({ ...config, laws: { ...config.laws, SEALED: { kind: "cannot-reach", from: "engine" } } }),
    "laws.SEALED.to: ",
    '"SEALED"',
  ],
  [
    "a layer that nobody declared in mayImport",
    (config) => Object.assign(config.layers[1] ?? {}, { mayImport: ["model", "modle"] }) && config,
    'layers[1].mayImport: there is no layer "modle"',
    '"mayImport"',
  ],
  [
    "a way other than type to import a layer",
    (config) => ({
      ...config,
      layers: config.layers.map((layer) =>
        layer.name === "hands" ? { ...layer, mayImport: [{ layer: "model", as: "value" }] } : layer,
      ),
    }),
    "layers[3].mayImport[0].as: ",
    '"as": "value"',
  ],
  [
    "two layers of one name",
    (config) => Object.assign(config.layers[1] ?? {}, { name: "main" }) && config,
    'layers[1].name: a second layer is called "main"',
    '"name": "main"',
  ],
  [
    "two layers that overlap",
    (config) => Object.assign(config.layers[1] ?? {}, { path: "src/hands/adapters" }) && config,
    'layers[1].path: "src/hands/adapters" also belongs to the layer "hands" ("src/hands"); a file has one layer',
    '"path": "src/hands/adapters"',
  ],
  [
    "a port that lies in another layer",
    (config) => Object.assign(config.layers[1] ?? {}, { ports: ["src/hands/port.ts"] }) && config,
    'layers[1]: "src/hands/port.ts" does not lie in the layer "policy"',
    "{",
  ],
  [
    "a path that leaves the project",
    (config) => Object.assign(config.layers[1] ?? {}, { path: "src/../../policy" }) && config,
    "layers[1].path: is no path from the project root",
    '"path": "src/../../policy"',
  ],
  [
    "files without layer allowed and forbidden at once",
    (config) => ({ ...config, unassigned: "may-not-touch-sealed-targets" }),
    "unassigned: allows files without a layer, and the law DECLARED forbids them",
    '"unassigned"',
  ],
  [
    "a budget of nothing",
    (config) => Object.assign(config.layers[2] ?? {}, { budget: { lines: 0 } }) && config,
    "layers[2].budget.lines: ",
    '"lines": 0',
  ],
  [
    "a tsconfig that is not there",
    (config) => ({ ...config, tsconfig: "absent.json" }),
    "absent.json is not there",
    '"tsconfig"',
  ],
  [
    "a tsconfig that is a folder",
    (config) => ({ ...config, tsconfig: "src" }),
    "tsconfig: src is not there, or is no file",
    '"tsconfig"',
  ],
  ["no layers at all", (config) => ({ ...config, layers: [] }), "layers: ", '"layers"'],
];

describe("a configuration that is not right leaves everything unproven", () => {
  it.each(REFUSED)("%s is refused, and the place is named", async (...[, change, says, at]) => {
    const files = configured(change);
    using fixture = project(files);
    const report = await check({ root: fixture.root });
    expect(report).toMatchObject({ ok: false, exitCode: 2, files: 0 });
    const finding = report.violations.find(({ message }) => message.includes(says));
    expect(report.violations.map(({ message }) => message).join("\n")).toContain(says);
    const text = (files["layers.json"] ?? "").split("\n")[(finding?.line ?? 0) - 1]?.slice((finding?.column ?? 0) - 1);
    expect(text).toContain(at.startsWith('"') ? at : "{");
    expect(finding).toMatchObject({ law: "CONFIG", severity: "unproven", file: "layers.json" });
  });

  it("lists all problems of a configuration at once", async () => {
    using fixture = project(configured((config) => ({ ...config, one: 1, two: 2, root: "/src" })));
    const { violations } = await check({ root: fixture.root });
    expect(violations.map(({ message }) => message.split(":")[0] ?? "").toSorted(compare)).toEqual([
      "one",
      "root",
      "two",
    ]);
  });

  it("names a key that stands twice, because JSON drops the first without a word", async () => {
    using fixture = project({ "layers.json": '{\n  "root": "a",\n  "root": "src"\n}' });
    const { violations, exitCode } = await check({ root: fixture.root });
    expect(exitCode).toBe(2);
    expect(violations.map(({ message }) => message)).toContain("root: the key stands twice");
  });

  it("says that a configuration is not there or is no JSON", async () => {
    using fixture = project({ "layers.json": "{ root: 'src' }" });
    const broken = await check({ root: fixture.root });
    const absent = await check({ root: fixture.root, config: join(fixture.root, "absent.json") });
    const nowhere = await check({ root: join(fixture.root, "absent") });
    expect([broken.exitCode, absent.exitCode, nowhere.exitCode]).toEqual([2, 2, 2]);
    expect(broken.violations[0]?.message).toContain("cannot be read as JSON");
    expect(absent.violations[0]?.message).toContain("ENOENT");
    expect(nowhere.violations[0]?.message).toContain("There is no folder");
  });

  it("names the line and column at which a configuration stops being JSON", async () => {
    using fixture = project({ "layers.json": '{\n  "root": src\n}' });
    const { violations, exitCode } = await check({ root: fixture.root });
    expect(exitCode).toBe(2);
    expect(violations).toMatchObject([{ file: "layers.json", line: 2, column: 11 }]);
  });

  it("says so when the configuration is a folder, lies behind a file, or holds bytes that are no text", async () => {
    using fixture = project({
      "layers.json": null,
      "layers.json/x": "",
      "utf16.json": Buffer.from("{}", "utf16le").toString("latin1"),
    });
    const folder = await check({ root: fixture.root });
    const behind = await check({ root: fixture.root, config: join(fixture.root, "package.json/layers.json") });
    const utf16 = await check({ root: fixture.root, config: join(fixture.root, "utf16.json") });
    expect([folder.exitCode, behind.exitCode, utf16.exitCode]).toEqual([2, 2, 2]);
    expect(folder.violations[0]?.message).toBe("The configuration is a folder, and has to be a file (EISDIR)");
    expect(behind.violations[0]?.message).toContain("The configuration cannot be read: Error: ENOTDIR");
    expect(utf16.violations[0]?.message).toContain("cannot be read as JSON");
  });

  it("reads a configuration that begins with a byte order mark", async () => {
    using fixture = project({ "layers.json": `\uFEFF${configured(() => undefined)["layers.json"] ?? ""}` });
    expect(await check({ root: fixture.root })).toMatchObject({ ok: true });
  });

  it("lists what is wrong with laws also when something else is wrong at the top", async () => {
    using fixture = project(configured((config) => ({ ...config, rot: 1, laws: { X: { kind: "nothing" } } })));
    const { violations } = await check({ root: fixture.root });
    expect(violations.map(({ message }) => message.split(":")[0] ?? "").toSorted(compare)).toEqual([
      "laws.X.kind",
      "rot",
    ]);
  });
});

describe("the format of the configuration", () => {
  it("leaves unproven what the words of the machine do not find in its layer", async () => {
    using fixture = project(
      configured((config) => ({
        ...config,
        machine: {
          stepPort: "Hand.gripp",
          healthPort: "HealthObserver",
          healthReads: ["observeHealth"],
          evidence: "StepResult",
          builtins: [],
          bannedPackages: "retry",
        },
        laws: {
          ...config.laws,
          "EXEC-001": { kind: "in-order", in: "engine" },
          "EXEC-004": { kind: "read-only", in: "engine" },
        },
      })),
    );
    const report = await check({ root: fixture.root });
    expect(report.exitCode).toBe(2);
    expect(report.violations.map(({ law, severity, message }) => `${law} ${severity}: ${message}`)).toEqual([
      'EXEC-001 unproven: machine.evidence is "StepResult", a type that the layer neither declares nor imports',
      'EXEC-001 unproven: machine.stepPort is "Hand.gripp", and the type "Hand" has no method "gripp"',
      'EXEC-004 unproven: machine.evidence is "StepResult", a type that the layer neither declares nor imports',
      'EXEC-004 unproven: machine.healthPort is "HealthObserver", a type that the layer neither declares nor imports',
      'EXEC-004 unproven: machine.stepPort is "Hand.gripp", and the type "Hand" has no method "gripp"',
    ]);
  });

  it("leaves unproven a machine law without words, and a machine layer that goes over no steps", async () => {
    using wordless = project(
      configured((config) => ({ ...config, laws: { ...config.laws, X: { kind: "call-once", in: "engine" } } })),
    );
    expect((await check({ root: wordless.root })).violations.map(({ message }) => message)).toEqual([
      "X matches nothing: machine.evidence does not say what it is about",
      "X matches nothing: machine.stepPort does not say what it is about",
    ]);
    using loopless = project({
      ...configured((config) => ({
        ...config,
        machine: { ...config.machine, stepPort: "Hand.grip", evidence: "Grip" },
        laws: { ...config.laws, X: { kind: "call-once", in: "engine" } },
      })),
      "src/engine/grip.ts": "export interface Grip { readonly ok: boolean }\n",
    });
    const { exitCode, violations } = await check({ root: loopless.root });
    expect(exitCode).toBe(2);
    expect(violations.map(({ message }) => message)).toContain(
      "The layer has no loop over the declared steps in which one is performed: there is nothing to prove it of",
    );
  });

  it("takes layers of several folders, of single files, and optional ones without files", async () => {
    using fixture = project({
      ...configured((config) => ({
        ...config,
        layers: [
          ...config.layers.filter((layer) => layer.name !== "main"),
          { name: "main", path: ["src/main", "src/start.ts"], mayImport: ["*"] },
          { name: "later", path: "src/later", mayImport: [], optional: true },
        ],
      })),
      "src/start.ts": 'export { admit } from "#policy";\n',
    });
    expect(await check({ root: fixture.root })).toMatchObject({ ok: true, layers: 6 });
  });

  it("takes the reason and the help of a law from its entry", async () => {
    using fixture = project({
      ...configured(
        (config) => Object.assign(config.laws.MATRIX, { reason: "So it was decided.", help: "Ask above." }) && config,
      ),
      "src/model/x.ts": 'export * from "#policy";\n',
    });
    const { violations } = await check({ root: fixture.root });
    expect(violations.find(({ law }) => law === "MATRIX")).toMatchObject({
      why: "So it was decided.",
      help: "Ask above.",
    });
  });
});
