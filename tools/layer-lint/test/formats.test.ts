import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import type { Finding } from "../src/report/finding.ts";
import { FORMATS, formatReport, isFormat } from "../src/report/format.ts";
import type { Format } from "../src/report/format.ts";
import type { Report } from "../src/report/report.ts";
import { emptyReport, withFindings } from "../src/report/report.ts";
import { viewOf } from "../src/report/view.ts";
import { project } from "./support/fixture.ts";
import { run } from "./support/run.ts";

const TWO_HOPS = {
  "src/engine/x.ts": '\n  import type { Y } from "../model/y.ts";\nexport type X = Y;\n',
  "src/model/y.ts": 'import type { Rule } from "#policy";\nexport type Y = Rule;\n',
};
const NAMES: readonly Format[] = FORMATS.filter(isFormat);

/** A finding with everything in it that a form could stumble over. */
const NASTY: Finding = {
  severity: "violation",
  law: 'A "law" <&> | 100%',
  rule: "cannot-reach",
  file: 'src/a b,c:d"<&>\u0000\n\u001B[31m\uD800.ts',
  line: 3,
  column: 2,
  message: "one\ntwo\r\n::error::three | `four` ]]> \u0007\uFFFE\uDC00 %0A </failure>",
  chain: [
    { file: "src/a.ts", line: 3, specifier: '"<&>\u0000|' },
    { file: "src/b.ts", line: 1 },
  ],
  why: "why\n::warning::x <&>",
  help: "help | %",
};

async function formatted(report: Report, format: Format, root = "/nowhere"): Promise<string> {
  return formatReport(viewOf(report, { root }), format);
}

const nastyReport = (): Report => ({ ...withFindings(emptyReport([]), { keep: [], add: [NASTY] }) });

/** Whether the text is well-formed XML: every tag is closed, and nothing is left that only markup may hold. */
function xmlComplaints(text: string): string[] {
  const complaints: string[] = [];
  const open: string[] = [];
  const rest = text
    .replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, "")
    .replace(/<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g, (...[, closing, name = "", , alone]: string[]) => {
      if (closing !== "" && open.pop() !== name) complaints.push(`</${name}> closes something else`);
      if (closing === "" && alone === "") open.push(name);
      return "";
    });
  if (open.length > 0) complaints.push(`${open.join(", ")} stay open`);
  if (/[<>]/.test(rest)) complaints.push("markup in a text");
  if (/&(?!(?:amp|lt|gt|quot|#\d+);)/.test(text)) complaints.push("an ampersand that begins nothing");
  // eslint-disable-next-line no-control-regex -- it is what must not be there
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text) || !text.isWellFormed())
    complaints.push("a character that XML does not have");
  return complaints;
}

describe("every form of a report", () => {
  it.each(NAMES)("%s is the same to the byte from wherever it is asked for", async (format) => {
    using fixture = project(TWO_HOPS);
    const args = ["check", "--root", fixture.root, "--format", format];
    const here = process.cwd();
    const first = await run(args);
    try {
      process.chdir(join(fixture.root, "src"));
      expect(await run(args)).toEqual(first);
    } finally {
      process.chdir(here);
    }
    expect(first.status).toBe(1);
    expect(first.out).not.toContain(fixture.root);
  });

  it.each(NAMES)("%s names the finding, its place and every file on its way", async (format) => {
    using fixture = project(TWO_HOPS);
    const { out } = await run(["check", "--root", fixture.root, "--format", format]);
    for (const part of ["SEALED", "src/engine/x.ts", "src/model/y.ts", "src/policy/index.ts"])
      expect(out).toContain(part);
  });

  it.each(NAMES)("%s of a check that could not be done is never like that of a clean one", async (format) => {
    using clean = project();
    using broken = project({ "tsconfig.json": null });
    const good = await run(["check", "--root", clean.root, "--format", format]);
    const bad = await run(["check", "--root", broken.root, "--format", format]);
    expect([good.status, bad.status]).toEqual([0, 2]);
    const word = { sarif: '"executionSuccessful": false', junit: "<error", json: '"exitCode": 2', gitlab: '"blocker"' };
    const says = Object.hasOwn(word, format) ? word[format as keyof typeof word] : "cannot be proven"; // as: just asked
    expect(bad.out).toContain(says);
    expect(good.out).not.toContain(says);
  });

  it.each(NAMES)("%s refuses to show a report that is not clean and names nothing", async (format) => {
    await expect(formatted(emptyReport([]), format)).rejects.toThrow("has to hold the finding");
  });

  it.each(NAMES)("%s shows no control character and no half of a character", async (format) => {
    const text = await formatted(nastyReport(), format);
    expect(text.isWellFormed()).toBe(true);
    // eslint-disable-next-line no-control-regex -- it is what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/);
  });

  it.each(NAMES)("%s does not depend on the order in which findings came", async (format) => {
    using fixture = project(TWO_HOPS);
    const report = await check({ root: fixture.root });
    const turned = withFindings(report, { keep: report.violations.toReversed() });
    expect(await formatted(turned, format, fixture.root)).toBe(await formatted(report, format, fixture.root));
  });

  it.each(NAMES)("%s puts the prefix before every path that is to be found", async (format) => {
    using fixture = project(TWO_HOPS);
    const { out } = await run(["check", "--root", fixture.root, "--format", format, "--path-prefix", "packages/shop/"]);
    expect(out).toContain("packages/shop/src/engine/x.ts");
    expect(out).toContain("packages/shop/src/policy/index.ts");
  });
});

describe("SARIF", () => {
  const require = createRequire(import.meta.url);
  const packageOfSchema = require.resolve("@microsoft/jest-sarif");
  // It says that it is of draft 4, which ajv does not know; it uses nothing in which that differs from later drafts.
  const {
    $schema: _draft,
    id: _id,
    ...schema
  }: Record<string, unknown> = JSON.parse(
    readFileSync(join(packageOfSchema, "../schemas/sarif-2.1.0-rtm.5.json"), "utf8"),
  );
  const validate = new Ajv({ strict: false, unicodeRegExp: false, allErrors: true, validateFormats: false }).compile(
    schema,
  );

  it("goes red in this test when something is no SARIF", () => {
    expect(validate({ version: "2.1.0", runs: [{ results: [] }] })).toBe(false);
  });

  it.each([
    ["clean", {}, 0],
    ["broken", TWO_HOPS, 1],
    ["unproven", { "tsconfig.json": null }, 2],
  ] as const)("fits the schema of version 2.1.0 when the project is %s", async (_title, files, exitCode) => {
    using fixture = project(files);
    const log = JSON.parse((await run(["check", "--root", fixture.root, "--format", "sarif"])).out);
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
    expect(log.runs[0].invocations[0]).toMatchObject({ executionSuccessful: exitCode !== 2, exitCode });
  });

  it("fits the schema whatever stands in names and messages", async () => {
    const log = JSON.parse(await formatted(nastyReport(), "sarif"));
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
  });

  it("has a rule for every law with its reason and help, and a flow for every chain", async () => {
    using fixture = project(TWO_HOPS);
    const { runs } = JSON.parse((await run(["check", "--root", fixture.root, "--format", "sarif"])).out);
    const { rules } = runs[0].tool.driver;
    const sealed = runs[0].results.find((each: { ruleId: string }) => each.ruleId === "SEALED");
    expect(rules[sealed.ruleIndex]).toMatchObject({
      id: "SEALED",
      name: "cannot-reach",
      fullDescription: { text: expect.any(String) },
      help: { text: expect.any(String) },
    });
    expect(rules).toHaveLength(12);
    const places = sealed.codeFlows[0].threadFlows[0].locations.map(
      ({
        location: { physicalLocation: at },
      }: {
        location: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } };
      }) => `${at.artifactLocation.uri}:${at.region.startLine}`,
    );
    expect(places).toEqual(["src/engine/x.ts:2", "src/model/y.ts:1", "src/policy/index.ts:1"]);
  });
});

async function prints(root: string): Promise<readonly string[]> {
  return (await check({ root })).violations.map((each) => each.fingerprint);
}

describe("a fingerprint stays as long as the finding does", () => {
  it("when lines move, within the file and along the way", async () => {
    using fixture = project(TWO_HOPS);
    const before = await prints(fixture.root);
    for (const [file, text] of Object.entries(TWO_HOPS)) writeFileSync(join(fixture.root, file), `// moved\n\n${text}`);
    expect(await prints(fixture.root)).toEqual(before);
  });

  it("and is another for each of several findings that are alike", async () => {
    using fixture = project({ "src/engine/x.ts": "export const x = [Date.now(), Date.now(), Date.now()];\n" });
    const all = await prints(fixture.root);
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("JUnit's XML", () => {
  it.each(["clean", "broken", "unproven", "nasty"])("is well-formed when the report is %s", async (state) => {
    using fixture = project(state === "broken" ? TWO_HOPS : state === "unproven" ? { "tsconfig.json": null } : {});
    const report = state === "nasty" ? nastyReport() : await check({ root: fixture.root });
    expect(xmlComplaints(await formatted(report, "junit", fixture.root))).toEqual([]);
  });

  it.each([
    ["<a>", "an element that stays open"],
    ["<a><b></a></b>", "elements across each other"],
    ['<a x="1 & 2"/>', "a bare ampersand"],
    ["<a>\u0001</a>", "a control character"],
  ])("would be refused by this test: %j has %s", (text) => {
    expect(xmlComplaints(text)).not.toEqual([]);
  });

  it("has a suite for every law, a failure for every finding, and passes the laws that are kept", async () => {
    using fixture = project(TWO_HOPS);
    const { out } = await run(["check", "--root", fixture.root, "--format", "junit"]);
    expect(out.match(/<testsuite /g)).toHaveLength(12);
    expect(out).toContain('<testsuite name="SEALED" tests="1" failures="1" errors="0" skipped="0">');
    expect(out).toContain('<testcase classname="CYCLES" name="acyclic"/>');
  });

  it("passes no law at all when the check could not be done", async () => {
    using fixture = project({ "src/model/x.ts": 'import "./gone.ts";\n' });
    const { out } = await run(["check", "--root", fixture.root, "--format", "junit"]);
    expect(out).toContain("<error ");
    expect(out).toContain(
      '<testcase classname="CYCLES" name="acyclic"><skipped message="it cannot be proven"/></testcase>',
    );
    expect(out).not.toMatch(/<testcase [^>]*\/>/);
  });
});

describe("annotations for GitHub", () => {
  it("are one workflow command a finding, which nothing in a name can end or begin", async () => {
    const text = await formatted(nastyReport(), "github");
    const commands = text.split("\n").filter((line) => line.startsWith("::"));
    expect(commands).toHaveLength(1);
    expect(commands[0]).toMatch(/^::error file=src\/a b%2Cc%3Ad"<&>/);
    expect(commands[0]).toContain('line=3,col=2,title=A "law" <&> | 100%25 cannot-reach::one%0Atwo%0A::error::three');
  });

  it("come with a page that is appended to the step's summary", async () => {
    using fixture = project({ ...TWO_HOPS, "summary.md": "before\n" });
    const summary = join(fixture.root, "summary.md");
    await run(["check", "--root", fixture.root, "--format", "github"], {
      environment: { GITHUB_STEP_SUMMARY: summary },
    });
    expect(readFileSync(summary, "utf8")).toMatch(
      /^before\n## layer-lint: 3 violations\n[^]*\| SEALED \| `src\/engine\/x\.ts:2:3` \|/,
    );
  });
});

describe("GitLab's report", () => {
  it("has description, fingerprint, severity and place of every finding", async () => {
    using fixture = project(TWO_HOPS);
    const issues = JSON.parse((await run(["check", "--root", fixture.root, "--format", "gitlab"])).out);
    const { violations } = await check({ root: fixture.root });
    expect(issues).toHaveLength(violations.length);
    const sealed = issues.find((each: { check_name: string }) => each.check_name === "SEALED");
    expect(sealed).toMatchObject({
      type: "issue",
      severity: "critical",
      location: { path: "src/engine/x.ts", lines: { begin: 2 } },
    });
    expect(sealed.fingerprint).toBe(violations.find((each) => each.law === "SEALED")?.fingerprint);
    expect(sealed.description).toContain("[src/engine/x.ts:2 -> src/model/y.ts:1 -> src/policy/index.ts:1]");
  });
});

describe("the concise form", () => {
  it("is one line a finding, and one for the verdict", async () => {
    using fixture = project(TWO_HOPS);
    const { out } = await run(["check", "--root", fixture.root, "--format", "concise"]);
    expect(out.split("\n")).toHaveLength(5);
    expect(out).toContain(
      "src/engine/x.ts:2:3 SEALED engine reaches policy (src/policy/index.ts) in 2 hops [src/engine/x.ts:2 -> src/model/y.ts:1 -> src/policy/index.ts:1]\n",
    );
    expect(out.endsWith("\n3 violations\n")).toBe(true);
  });
});
