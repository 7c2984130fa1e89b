import { describe, expect, it } from "vitest";
import { check, runCanary } from "../src/index.ts";
import type { Files } from "./support/fixture.ts";
import { project } from "./support/fixture.ts";
import { withLaws } from "./support/further-laws.ts";

const TODAY = "2030-06-15";
const KNOWN = { file: "src/model/x.ts", reason: "Being moved.", owner: "ann", expires: "2030-06-15" };
const BREACH: Files = { "src/model/x.ts": '\nexport * from "#policy";\n' };

/** The base with one law and its exceptions, and one breach. */
function excepting(except: readonly object[], law: object = {}): Files {
  return { ...withLaws({ MATRIX: { kind: "allow-matrix", ...law, except } }), ...BREACH };
}

async function report(files: Files) {
  using fixture = project(files);
  return await check({ root: fixture.root, today: TODAY });
}

describe("an exception lets a known breach pass", () => {
  it("until the end of its last day, and every report says so", async () => {
    const { ok, excepted } = await report(excepting([KNOWN]));
    expect(ok).toBe(true);
    const { reason, owner, expires } = KNOWN;
    expect(excepted).toEqual([{ law: "MATRIX", at: "src/model/x.ts", reason, owner, expires, findings: 1 }]);
  });

  it.each([
    ["a folder", { file: undefined, path: "src/model" }],
    ["a file and where the breach leads", { to: "src/policy" }],
  ])("by %s", async (_what, change) => {
    expect(await report(excepting([{ ...KNOWN, ...change }]))).toMatchObject({ ok: true });
  });

  it("and no other breach of the same law", async () => {
    const files = { ...excepting([KNOWN]), "src/model/y.ts": 'export * from "#policy";\n' };
    const { violations, exitCode } = await report(files);
    expect(violations.map(({ law, file }) => `${law} ${file}`)).toEqual(["MATRIX src/model/y.ts"]);
    expect(exitCode).toBe(1);
  });

  it("but not what the canary plants", async () => {
    using fixture = project(excepting([{ ...KNOWN, file: undefined, path: "src", expires: "2999-12-31" }]));
    expect(await runCanary({ root: fixture.root })).toMatchObject({ ok: true });
  });
});

describe("an exception that is not right leaves the check unproven", () => {
  it.each([
    ["has expired", excepting([{ ...KNOWN, expires: "2030-06-14" }]), "has expired: its last day was 2030-06-14"],
    [
      "matches nothing",
      excepting([KNOWN, { ...KNOWN, file: "src/model/y.ts" }]),
      "matches nothing: there is no such breach",
    ],
    ["leads elsewhere", excepting([KNOWN, { ...KNOWN, to: "src/hands" }]), "matches nothing"],
    ["stands on a strict law", excepting([KNOWN], { strict: true }), "MATRIX is strict: nothing may be excepted"],
    ["has no reason", excepting([{ ...KNOWN, reason: undefined }]), "laws.MATRIX.except[0].reason: "],
    ["has no owner", excepting([{ ...KNOWN, owner: undefined }]), "laws.MATRIX.except[0].owner: "],
    ["has no last day", excepting([{ ...KNOWN, expires: undefined }]), "laws.MATRIX.except[0].expires: "],
    ["names a day that is none", excepting([{ ...KNOWN, expires: "2030-02-30" }]), "laws.MATRIX.except[0].expires: "],
    ["names neither file nor path", excepting([{ ...KNOWN, file: undefined }]), "names either a file or a path"],
    ["names a file and a path", excepting([{ ...KNOWN, path: "src" }]), "names either a file or a path"],
    ["has an unknown key", excepting([{ ...KNOWN, until: "2030-01-01" }]), 'unknown key "until"'],
  ])("if it %s", async (_title, files, says) => {
    const { exitCode, violations } = await report(files);
    expect(exitCode).toBe(2);
    const finding = violations.find(({ message }) => message.includes(says));
    expect(finding, violations.map(({ message }) => message).join("\n")).toMatchObject({
      law: "CONFIG",
      file: "layers.json",
    });
    expect(finding?.line).toBeGreaterThan(1);
  });

  it("shows the breach again when it has expired", async () => {
    const { violations } = await report(excepting([{ ...KNOWN, expires: "2030-06-14" }]));
    expect(violations.map(({ law }) => law)).toEqual(["CONFIG", "MATRIX"]);
  });

  it("lets nothing pass that could not be proven", async () => {
    const law = { kind: "declared", except: [{ ...KNOWN, file: "src/stray/x.ts" }] };
    const { exitCode } = await report({ ...withLaws({ DECLARED: law }), "src/stray/x.ts": "export const x = 1;\n" });
    expect(exitCode).toBe(2);
  });
});
