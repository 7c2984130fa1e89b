import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check, runCanary } from "../src/index.ts";
import { configured, project } from "./support/fixture.ts";
import type { Files } from "./support/fixture.ts";
import { run, TODAY } from "./support/run.ts";

/** Two findings of MATRIX, which is not strict. */
const BROKEN: Files = {
  "src/model/x.ts": 'export type { Rule } from "#policy";\n',
  "src/model/y.ts": 'export type { Rule } from "#policy";\n',
};
const EXCUSE = ["--reason", "until the move", "--owner", "ada", "--expires", "2027-01-31"];

interface Entry {
  fingerprint: string;
  law: string;
  file: string;
  message: string;
  reason?: string;
  owner?: string;
  expires?: string;
}

/** A project whose findings are all in its baseline, entries as `change` makes of them. */
async function withBaseline(change: (entries: Entry[]) => unknown = () => undefined, files: Files = BROKEN) {
  const fixture = project(files);
  await run(["baseline", "update", "--root", fixture.root, "--add", ...EXCUSE]);
  const path = join(fixture.root, "layer-lint-baseline.json");
  const { entries }: { entries: Entry[] } = JSON.parse(readFileSync(path, "utf8"));
  const changed = change(entries) ?? { version: 1, entries };
  writeFileSync(path, JSON.stringify(changed, undefined, 2));
  return Object.assign(fixture, { path });
}

const checked = (root: string, ...args: string[]) => run(["check", "--root", root, ...args]);

describe("known findings are excused by the baseline", () => {
  it("until their day, and every report says how many", async () => {
    using fixture = await withBaseline();
    const { status, out } = await checked(fixture.root);
    expect(out).toContain(
      "2 known findings excused by layer-lint-baseline.json\nclean but for 2 known findings: 12 laws checked\n",
    );
    expect(status).toBe(0);
  });

  it("and not one more: a new finding is a violation", async () => {
    using fixture = await withBaseline();
    writeFileSync(join(fixture.root, "src/model/z.ts"), 'export type { Rule } from "#policy";\n');
    const { status, out } = await checked(fixture.root, "--format", "concise");
    expect(out).toContain("src/model/z.ts:1:1 MATRIX");
    expect(out).not.toContain("src/model/x.ts");
    expect(status).toBe(1);
  });

  it("also when the lines above them move", async () => {
    using fixture = await withBaseline();
    writeFileSync(join(fixture.root, "src/model/x.ts"), `// moved\n\n${BROKEN["src/model/x.ts"]}`);
    expect((await checked(fixture.root)).status).toBe(0);
  });

  it("and a second one of the same words in the same file is not covered by the first", async () => {
    using fixture = await withBaseline(undefined, { "src/model/x.ts": 'export type { Rule } from "#policy";\n' });
    writeFileSync(
      join(fixture.root, "src/model/x.ts"),
      'export type { Rule } from "#policy";\nexport type { Rule as Other } from "#policy";\n',
    );
    expect((await checked(fixture.root)).status).toBe(1);
  });

  it("from code, from another file, and from the file that the configuration names", async () => {
    using fixture = await withBaseline();
    expect(await check({ root: fixture.root, today: TODAY })).toMatchObject({
      ok: true,
      exitCode: 0,
      baseline: { accepted: [{ owner: "ada" }, {}] },
    });
    const text = readFileSync(fixture.path, "utf8");
    using other = project({
      ...BROKEN,
      ...configured((config) => ({ ...config, baseline: "known/findings.json" })),
      "known/findings.json": text,
    });
    expect((await checked(other.root)).status).toBe(0);
    using third = project(BROKEN);
    expect((await checked(third.root, "--baseline", fixture.path)).status).toBe(0);
  });

  it("in SARIF as suppressed, with the reason", async () => {
    using fixture = await withBaseline();
    const { runs } = JSON.parse((await checked(fixture.root, "--format", "sarif")).out);
    expect(runs[0].results).toHaveLength(2);
    expect(runs[0].results[0].suppressions).toEqual([
      { kind: "external", status: "accepted", justification: "until the move (ada, until 2027-01-31)" },
    ]);
  });

  it("and the canary sings beside them", async () => {
    using fixture = await withBaseline();
    expect(await runCanary({ root: fixture.root })).toMatchObject({ ok: true });
  });
});

/** What can be wrong with an entry, and what is said of it. */
const BROKEN_ENTRIES: readonly (readonly [title: string, change: (entries: Entry[]) => unknown, says: string])[] = [
  [
    "is stale",
    (entries: Entry[]) => void entries.splice(0, 1, { ...entries[0]!, fingerprint: "0".repeat(32) }),
    "it is stale: this is no longer found",
  ],
  ["has expired", (entries: Entry[]) => void (entries[0]!.expires = "2026-11-24"), "it expired on 2026-11-24"],
  ["has no reason", (entries: Entry[]) => void delete entries[0]!.reason, "it has no reason"],
  ["has a blank owner", (entries: Entry[]) => void (entries[0]!.owner = " "), "it has no owner"],
  ["never expires", (entries: Entry[]) => void delete entries[0]!.expires, "it has no expires"],
  ["expires on a day that is none", (entries: Entry[]) => void (entries[0]!.expires = "2027-02-30"), "which is no day"],
  ["stands there twice", (entries: Entry[]) => void entries.push({ ...entries[0]! }), "it stands there twice"],
  [
    "says another law than is found",
    (entries: Entry[]) => void (entries[0]!.law = "FACES"),
    "its law is not what is found",
  ],
  ["has an unknown key", (entries: Entry[]) => void Object.assign(entries[0]!, { until: "x" }), "Unrecognized key"],
  ["has a fingerprint that is none", (entries: Entry[]) => void (entries[0]!.fingerprint = "xyz"), "is no fingerprint"],
  ["stands in a file of another form", () => ({ version: 2, entries: [] }), "entries"],
];

describe("an entry that does not hold leaves the check unproven, and is named", () => {
  it.each(BROKEN_ENTRIES)("when it %s", async (_title, change, says) => {
    using fixture = await withBaseline((entries) => change(entries));
    const { status, out } = await checked(fixture.root, "--format", "concise");
    expect(out).toMatch(/^layer-lint-baseline\.json:\d+:\d+ CONFIG \(cannot be proven\) /m);
    if (says !== "entries") expect(out).toContain(says);
    expect(status).toBe(2);
  });

  it("when it is of a strict law", async () => {
    using fixture = project({ "src/engine/x.ts": 'export type { Rule } from "#policy";\n' });
    const found = (await check({ root: fixture.root })).violations.find(({ law }) => law === "SEALED");
    const { fingerprint, law, file, message } = found!;
    const entry = { fingerprint, law, file, message, reason: "r", owner: "o", expires: "2027-01-31" };
    writeFileSync(join(fixture.root, "layer-lint-baseline.json"), JSON.stringify({ version: 1, entries: [entry] }));
    const { status, out } = await checked(fixture.root, "--format", "concise");
    expect(out).toContain("SEALED is strict: nothing may be excused from it");
    expect(out).toContain("src/engine/x.ts:1:1 SEALED");
    expect(status).toBe(2);
  });

  it("on the day after its last, and not on the last", async () => {
    using fixture = await withBaseline();
    const on = (today: string) => run(["check", "--root", fixture.root], { today });
    expect((await on("2027-01-31")).status).toBe(0);
    expect((await on("2027-02-01")).status).toBe(2);
  });

  it("as does a baseline that was asked for and is not there, or is no JSON", async () => {
    using fixture = project({ "bad.json": "{" });
    expect((await checked(fixture.root, "--baseline", join(fixture.root, "gone.json"))).out).toContain(
      "The baseline is not there",
    );
    expect((await checked(fixture.root, "--baseline", join(fixture.root, "bad.json"))).status).toBe(2);
  });
});

describe("the baseline only shrinks by itself", () => {
  it("update removes what was mended and adds nothing", async () => {
    using fixture = await withBaseline();
    writeFileSync(join(fixture.root, "src/model/x.ts"), "export {};\n");
    writeFileSync(join(fixture.root, "src/model/z.ts"), 'export type { Rule } from "#policy";\n');
    const { status, out } = await run(["baseline", "update", "--root", fixture.root]);
    expect(out).toContain("1 removed, 0 added, 1 in all");
    expect(out).toContain("src/model/z.ts:1:1 MATRIX");
    expect(status).toBe(1);
    expect(JSON.parse(readFileSync(fixture.path, "utf8")).entries).toMatchObject([{ file: "src/model/y.ts" }]);
  });

  it.each([
    ["a reason", ["--owner", "a", "--expires", "2027-01-31"]],
    ["an owner", ["--reason", "r", "--expires", "2027-01-31"]],
    ["a day", ["--reason", "r", "--owner", "a"]],
    ["a day of the calendar", ["--reason", "r", "--owner", "a", "--expires", "2027-13-01"]],
    ["a day that is to come", ["--reason", "r", "--owner", "a", "--expires", "2026-11-24"]],
  ])("nothing is added without %s", async (_title, args) => {
    using fixture = project(BROKEN);
    const { status, err } = await run(["baseline", "update", "--root", fixture.root, "--add", ...args]);
    expect(err).toMatch(/--expires/);
    expect(status).toBe(2);
    expect(existsSync(join(fixture.root, "layer-lint-baseline.json"))).toBe(false);
  });

  it("nothing is added that breaks a strict law", async () => {
    using fixture = project({ "src/engine/x.ts": 'export type { Rule } from "#policy";\n' });
    const { status, err } = await run(["baseline", "update", "--root", fixture.root, "--add", ...EXCUSE]);
    expect(err).toContain("Nothing can be excused from a strict law");
    expect(err).toContain("src/engine/x.ts:1:1 SEALED");
    expect(status).toBe(2);
  });

  it("what cannot be proven is never added", async () => {
    using fixture = project({ ...BROKEN, "src/hands/x.ts": 'import "./gone.ts";\n' });
    expect((await run(["baseline", "update", "--root", fixture.root, "--add", ...EXCUSE])).status).toBe(2);
    const { entries } = JSON.parse(readFileSync(join(fixture.root, "layer-lint-baseline.json"), "utf8"));
    expect(entries.map((each: Entry) => each.law)).toEqual(["MATRIX", "MATRIX"]);
  });

  it("check says of every entry whether it holds", async () => {
    using fixture = await withBaseline((entries) => void (entries[0]!.expires = "2026-01-01"));
    const { status, out } = await run(["baseline", "check", "--root", fixture.root]);
    expect(out).toContain("MATRIX src/model/x.ts: does not hold: it expired on 2026-01-01");
    expect(out).toContain("MATRIX src/model/y.ts: holds until 2027-01-31");
    expect(status).toBe(2);
  });

  it("prune removes what does not hold, whereupon the check shows it again", async () => {
    using fixture = await withBaseline((entries) => void (entries[0]!.expires = "2026-01-01"));
    expect((await run(["baseline", "prune", "--root", fixture.root])).status).toBe(1);
    const { status, out } = await checked(fixture.root, "--format", "concise");
    expect(out).toContain("src/model/x.ts:1:1 MATRIX");
    expect(status).toBe(1);
  });

  it("is written in an order that does not depend on how it came about", async () => {
    using fixture = await withBaseline((entries) => ({ version: 1, entries: entries.toReversed() }));
    const turned = readFileSync(fixture.path, "utf8");
    writeFileSync(join(fixture.root, "src/model/z.ts"), 'export type { Rule } from "#policy";\n');
    await run(["baseline", "update", "--root", fixture.root, "--add", ...EXCUSE]);
    const files = JSON.parse(readFileSync(fixture.path, "utf8")).entries.map((each: Entry) => each.file);
    expect(turned).not.toBe("");
    expect(files).toEqual(["src/model/x.ts", "src/model/y.ts", "src/model/z.ts"]);
  });
});
