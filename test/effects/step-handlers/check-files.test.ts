import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCheckFileExists, createCheckFileMatches, createCheckLogClean } from "#effects";
import type { StepOutput, StepType } from "#effects";
import type { JsonObject } from "#model";
import { performStep } from "../support/perform-step.ts";

let root: string;
let directory: string;
let types: Record<"exists" | "matches" | "clean", StepType>;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "verbatim-checks-")));
  directory = join(root, "permitted");
  mkdirSync(directory);
  const options = { directories: [directory] };
  types = {
    exists: createCheckFileExists(options),
    matches: createCheckFileMatches(options),
    clean: createCheckLogClean(options),
  };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const exists = (parameters: JsonObject): Promise<StepOutput> => performStep(types.exists, parameters);
const matches = (parameters: JsonObject): Promise<StepOutput> => performStep(types.matches, parameters);
const clean = (parameters: JsonObject): Promise<StepOutput> => performStep(types.clean, parameters);

/** Writes a file in the permitted directory. */
function write(name: string, content: string | Uint8Array): void {
  writeFileSync(join(directory, name), content);
}
const failed = (errorClass: string, error: RegExp): object => ({
  success: false,
  errorClass,
  error: expect.stringMatching(error) as unknown,
});

describe("the check that a file is there", () => {
  it("finds a file, a directory, and anything, and says what it found", async () => {
    write("there", "12345");
    expect(await exists({ path: "there" })).toEqual({
      success: true,
      output: { path: "there", kind: "file", bytes: 5 },
    });
    expect(await exists({ path: directory, kind: "directory" })).toMatchObject({ success: true });
    execFileSync("mkfifo", [join(directory, "pipe")]);
    expect(await exists({ path: "pipe", kind: "any" })).toMatchObject({
      success: true,
      output: { kind: "named pipe" },
    });
  });

  it("fails by validation where nothing is there, or another kind of thing, or too little", async () => {
    write("there", "12345");
    execFileSync("mkfifo", [join(directory, "pipe")]);
    expect(await exists({ path: "missing" })).toMatchObject(failed("validation_failed", /^missing does not exist$/));
    expect(await exists({ path: "there/below" })).toMatchObject(failed("validation_failed", /does not exist/));
    expect(await exists({ path: "." })).toMatchObject(failed("validation_failed", /is a directory, expected a file/));
    expect(await exists({ path: "pipe" })).toMatchObject(failed("validation_failed", /a named pipe, expected a file/));
    expect(await exists({ path: "there", kind: "directory" })).toMatchObject(failed("validation_failed", /is a file/));
    expect(await exists({ path: "there", min_bytes: 5 })).toMatchObject({ success: true });
    expect(await exists({ path: "there", min_bytes: 6 })).toMatchObject(
      failed("validation_failed", /has 5 bytes, expected at least 6/),
    );
    expect(await exists({ path: ".", kind: "any", min_bytes: 1 })).toMatchObject(
      failed("validation_failed", /no size/),
    );
  });

  it.each(["exists", "matches", "clean"] as const)("refuses what lies outside, by whatever way (%s)", async (which) => {
    writeFileSync(join(root, "outside"), "text");
    symlinkSync(join(root, "outside"), join(directory, "link"));
    symlinkSync(root, join(directory, "up"));
    const others = { exists: {}, matches: { pattern: "text" }, clean: { patterns: ["other"] } }[which];
    for (const path of ["link", "up/outside", "../outside", join(root, "outside"), "/etc/hostname", "../missing"]) {
      expect(types[which].checkParameters({ path, ...others })).toMatchObject([{ field: "path" }]);
      expect(await performStep(types[which], { path, ...others })).toMatchObject(
        failed("sandbox_violation", /outside/),
      );
    }
    symlinkSync(".", join(directory, "within"));
    write("inside", "text");
    expect(await performStep(types[which], { path: "within/inside", ...others })).toMatchObject({ success: true });
  });

  it("lists all problems of the parameters at once, and passes over what an earlier step may make", () => {
    expect(types.exists.checkParameters({ path: "" }).length).toBeGreaterThan(0);
    expect(types.exists.checkParameters({ path: 1, kind: "pipe", min_bytes: -1, other: 1 })).toHaveLength(4);
    expect(types.exists.checkParameters({ path: "not/yet" })).toEqual([]);
  });

  it.each([[[]], [["relative"]]])("is not made with the directories %j", (directories) => {
    expect(() => createCheckFileExists({ directories })).toThrow("check.file_exists is not configured");
  });
});

describe("the check that a line of a file matches", () => {
  it("finds a pattern in any line, with LF, CRLF or no end, and says which", async () => {
    write("file", "one\r\ntwo words\r\nlast");
    expect(await matches({ path: "file", pattern: "^two words$" })).toMatchObject({
      success: true,
      output: { line: 2, text: "two words" },
    });
    expect(await matches({ path: "file", pattern: "^last$" })).toMatchObject({ success: true, output: { line: 3 } });
    expect(await matches({ path: "file", pattern: "one.*two" })).toMatchObject(
      failed("validation_failed", /none of its 3 lines matches one\.\*two/),
    );
  });

  it("is turned around by absent, which names the line", async () => {
    write("file", "fine\nfailed: x\n");
    expect(await matches({ path: "file", pattern: "error", absent: true })).toMatchObject({ success: true });
    expect(await matches({ path: "file", pattern: "failed", absent: true })).toMatchObject(
      failed("validation_failed", /line 2 matches failed, expected none: failed: x/),
    );
  });

  it("opens neither a directory nor a pipe nor a socket, and does not wait for them", async () => {
    execFileSync("mkfifo", [join(directory, "pipe")]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(directory, "socket"), resolve));
    try {
      for (const [path, kind] of [
        [".", "a directory"],
        ["pipe", "a named pipe"],
        ["socket", "a socket"],
      ] as const) {
        expect(await matches({ path, pattern: "x" })).toMatchObject(failed("validation_failed", new RegExp(kind)));
        expect(await clean({ path, patterns: ["x"] })).toMatchObject(failed("validation_failed", new RegExp(kind)));
      }
      expect(await matches({ path: "missing", pattern: "x" })).toMatchObject(failed("validation_failed", /not exist/));
    } finally {
      server.close();
    }
  });

  it("looks at a line of a mebibyte and refuses a longer one, whether or not an end comes", async () => {
    const mebibyte = "x".repeat(1024 * 1024);
    write("edge", `a\n${mebibyte}\nneedle\n`);
    expect(await matches({ path: "edge", pattern: "^needle$" })).toMatchObject({ success: true, output: { line: 3 } });
    write("edge-crlf", `${mebibyte}\r\nneedle`);
    expect(await matches({ path: "edge-crlf", pattern: "^needle$" })).toMatchObject({ success: true });
    write("past", `a\n${mebibyte}x\nneedle\n`);
    expect(await matches({ path: "past", pattern: "^needle$" })).toMatchObject(
      failed("validation_failed", /line 2 is longer than 1048576 bytes/),
    );
    write("endless", `a\n${mebibyte.repeat(3)}`);
    expect(await matches({ path: "endless", pattern: "^needle$" })).toMatchObject(
      failed("validation_failed", /line 2/),
    );
  });

  it("reads what is not UTF-8 with a mark in its place and says how many lines, and refuses UTF-16", async () => {
    write("latin1", Buffer.from("gr\xfc\xdfe: error\nfine\n", "latin1"));
    expect(await matches({ path: "latin1", pattern: "error" })).toMatchObject({
      success: true,
      output: { text: "gr\ufffd\ufffde: error", invalid_utf8_lines: 1 },
    });
    write("utf16", Buffer.from("\ufefferror\n", "utf16le"));
    expect(await clean({ path: "utf16", patterns: ["error"] })).toMatchObject(failed("validation_failed", /UTF-16/));
  });

  it("refuses a file over max_bytes, at the edge and one past it", async () => {
    write("file", "12345");
    expect(await matches({ path: "file", pattern: "5", max_bytes: 5 })).toMatchObject({ success: true });
    expect(await matches({ path: "file", pattern: "5", max_bytes: 4 })).toMatchObject(
      failed("validation_failed", /has 5 bytes, at most 4/),
    );
    const small = createCheckFileMatches({ directories: [directory], maxBytes: 4 });
    expect(await performStep(small, { path: "file", pattern: "5", max_bytes: 5 })).toMatchObject({ success: false });
  });

  it.each(["(?=x)", "(a)\\1", "(", "(?:a{1000}b{1000}){6}"])(
    "refuses the pattern %j before anything runs",
    (pattern) => {
      expect(types.matches.checkParameters({ path: "file", pattern })).toMatchObject([{ field: "pattern" }]);
    },
  );

  it("is done with a pattern that makes others take for ever", async () => {
    write("file", `${"a".repeat(50_000)}!`);
    expect(await matches({ path: "file", pattern: "^(a+)+$" })).toMatchObject({ success: false });
  });

  it("stops when it is told to, also while it waits for its turn, and lets others of its kind go on", async () => {
    const line = Array.from({ length: 500_000 }, (_, index) => (index * index * 31 + index) % 7 < 3).map((b) =>
      b ? "a" : "b",
    );
    write("long", line.join(""));
    const stop = new AbortController();
    const parameters = { path: "long", pattern: "(?:a?){450}a{450}c" };
    const running = [1, 2, 3].map(() => performStep(types.matches, parameters, { signal: stop.signal }));
    stop.abort();
    for (const one of running) expect(await one).toMatchObject({ success: false, error: "stopped before its end" });
    expect(await matches({ path: "long", pattern: "a" })).toMatchObject({ success: true });
  });
});

describe("the check that a log is clean", () => {
  it("passes a clean log, and names the first ten lines of one that is not", async () => {
    write("log", "fine\nfine\n");
    expect(await clean({ path: "log", patterns: ["ERROR"] })).toEqual({
      success: true,
      output: { path: "log", from_byte: 0, to_byte: 10, lines: 2, finds: [], finds_in_all: 0 },
    });
    write("log", Array.from({ length: 30 }, (_, index) => (index % 2 === 1 ? `ERROR ${index}` : "fine")).join("\n"));
    const said = await clean({ path: "log", patterns: ["ERROR", "FATAL"] });
    expect(said).toMatchObject(
      failed("validation_failed", /line 2: ERROR 1; line 4: .*line 20: ERROR 19; and 5 more$/),
    );
    expect(said.output).toMatchObject({ finds_in_all: 15, lines: 30 });
    expect((said.output as { finds: unknown[] }).finds).toHaveLength(10); // as documented
  });

  it.each([
    "ORA-00942: table or view does not exist",
    "ERROR: ORA-1017",
    "ERR_ORA-00600",
    'SP2-0734: unknown command beginning "selec"',
    "PLS-00201: identifier must be declared",
    "TNS-12541: TNS:no listener",
    "LRM-00109: could not open parameter file",
    "RMAN-03009: failure of backup command",
    "Warning: Procedure created with compilation errors.",
    "Warning: Package Body created with Compilation Errors\r",
  ])("finds with the preset oracle: %s", async (line) => {
    write("log", `fine\n${line}\nfine\n`);
    expect(await clean({ path: "log", presets: ["oracle"] })).toMatchObject(failed("validation_failed", /line 2: /));
  });

  it.each([
    "ORA-00000: normal, successful completion",
    "ORACLE_HOME=/opt/oracle; ORA_HOME is set",
    "see ORA-nnnnn in the manual",
    "FLORA-12345 is an order number",
    "Package created with no compilation errors",
    "0 compilation errors",
    "the TNS-names file",
  ])("passes with the preset oracle: %s", async (line) => {
    write("log", `${line}\n`);
    expect(await clean({ path: "log", presets: ["oracle"] })).toMatchObject({ success: true });
  });

  it("passes over lines that are to be ignored, and only those", async () => {
    write("log", "ORA-01918: user does not exist\nORA-00942: table\n");
    const said = await clean({ path: "log", presets: ["oracle"], ignore: ["ORA-01918"] });
    expect(said).toMatchObject({ success: false, output: { finds: [{ line: 2 }], finds_in_all: 1 } });
  });

  it("goes on where it was, sees a line again whose end had not come, and notices a log that was cut", async () => {
    write("log", "ERROR old\nfine\nERR");
    const first = (await clean({ path: "log", patterns: ["^ERROR"] })).output as { to_byte: number };
    appendFileSync(join(directory, "log"), "OR new\n");
    const next = await clean({ path: "log", patterns: ["^ERROR"], from_byte: first.to_byte });
    expect(next).toMatchObject({ success: false, output: { finds: [{ line: 1, text: "ERROR new" }], to_byte: 25 } });
    expect(await clean({ path: "log", patterns: ["ERROR"], from_byte: 25 })).toMatchObject({
      success: true,
      output: { lines: 0 },
    });
    expect(await clean({ path: "log", patterns: ["x"], from_byte: 26 })).toMatchObject(
      failed("validation_failed", /has 25 bytes .* from byte 26: it was cut or replaced/),
    );
  });

  it("looks at what a growing file had when it was opened, and is done", async () => {
    write("log", "fine\n".repeat(200_000));
    const running = clean({ path: "log", patterns: ["ERROR"] });
    appendFileSync(join(directory, "log"), "ERROR late\n");
    expect(await running).toMatchObject({ success: true, output: { to_byte: 1_000_000, lines: 200_000 } });
  });

  it("reads a file of many chunks line by line without losing any at their borders", async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `${index} ${"y".repeat(index % 97)}`);
    write("log", lines.join("\n"));
    for (const index of [0, 1234, 15_000, 29_999]) {
      const said = await clean({ path: "log", patterns: [`^${lines[index] ?? ""}$`] });
      expect(said).toMatchObject({ success: false, output: { lines: 30_000, finds: [{ line: index + 1 }] } });
    }
  });

  it("refuses to look for nothing, and says all that is wrong", () => {
    expect(types.clean.checkParameters({ path: "log" })).toMatchObject([{ field: "patterns" }]);
    const violations = types.clean.checkParameters({
      path: "/etc/x",
      presets: ["mysql"],
      patterns: ["(", "[a"],
      ignore: 1,
    });
    expect(violations.map(({ field }) => field).toSorted()).toEqual([
      "ignore",
      "path",
      "patterns[0]",
      "patterns[1]",
      "presets[0]",
    ]);
  });
});
