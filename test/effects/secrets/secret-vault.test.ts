import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecretVault } from "#effects";
import type { SecretSource, SecretVault } from "#effects";
import { Fault } from "#model";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import type { ScratchDirectory } from "../../support/scratch-directory.ts";

const MOST = 16 * 1024;

let scratch: ScratchDirectory;
beforeEach(async () => {
  scratch = await scratchDirectory();
});
afterEach(() => scratch[Symbol.asyncDispose]());

function fileWith(content: string | Buffer, mode = 0o600): SecretSource {
  const file = join(scratch.path, "secret");
  writeFileSync(file, content);
  chmodSync(file, mode);
  return { file };
}

function vaultOf(sources: Record<string, SecretSource>, environment: Record<string, string> = {}): SecretVault {
  return createSecretVault({ sources, environment });
}

/** What is said of a configuration with this one secret. */
function refusalOf(source: SecretSource, environment?: Record<string, string>): string {
  try {
    vaultOf({ key: source }, environment);
  } catch (error) {
    if (error instanceof Fault && error.code === "INVALID_CONFIGURATION") return error.message;
    throw error;
  }
  return "none";
}

describe("the value of a secret", () => {
  it.each([
    ["without a line break at the end", "a-secret"],
    ["with one", "a-secret\n"],
    ["with one of two characters", "a-secret\r\n"],
  ])("is the text of its file %s", (_case, content) => {
    expect(vaultOf({ key: fileWith(content) }).resolve("key")).toEqual({ value: "a-secret" });
  });

  it("keeps all line breaks but one, and all blanks", () => {
    expect(vaultOf({ key: fileWith(" two\nlines \n\n") }).resolve("key")).toEqual({ value: " two\nlines \n" });
  });

  it("is that of a variable of the server's environment as it is", () => {
    const vault = vaultOf({ key: { environment: "KEY" } }, { KEY: "from outside\n" });
    expect(vault.resolve("key")).toEqual({ value: "from outside\n" });
  });

  it("is read at every use, and the redactor knows the new one before anybody is given it", () => {
    const vault = vaultOf({ key: fileWith("value-one") });
    fileWith("value-two");
    expect(vault.redactor.text("value-two")).toBe("value-two");
    expect(vault.resolve("key")).toEqual({ value: "value-two" });
    expect(vault.redactor.text("value-one value-two")).toBe("[redacted:key] [redacted:key]");
  });

  it("is found through a symbolic link, as orchestrators mount secrets", () => {
    fileWith("linked-value");
    symlinkSync(join(scratch.path, "secret"), join(scratch.path, "link"));
    expect(vaultOf({ key: { file: join(scratch.path, "link") } }).resolve("key")).toEqual({ value: "linked-value" });
  });
});

describe("a value that must not be used", () => {
  it.each<[string, string, RegExp]>([
    ["an empty one", "", /secrets\.key: it is empty/],
    ["a line break alone", "\n", /it is empty/],
    [
      "one of five bytes",
      "12345\n",
      /it has 5 bytes; expected 6 at least.*cannot be scrubbed without destroying the log/,
    ],
    ["blanks", "        ", /it is blank/],
    ["a NUL character", "abc\0defg", /NUL/],
    ["one that stands in every marker", "redacted", /it stands in \[redacted:\.\.\.\]/],
    ["its own name", "[redacted:key]", /it stands in/],
    ["one byte too many", "x".repeat(MOST + 1), /larger than 16384 bytes/],
  ])("is refused at the start: %s", (_case, content, said) => {
    expect(refusalOf(fileWith(content))).toMatch(said);
  });

  it.each([
    ["six bytes", "123456"],
    ["six bytes in three characters", "äöü"],
    ["as many as there may be, and a line break", `${"x".repeat(MOST)}\r\n`],
  ])("is not one of %s", (_case, content) => {
    expect(refusalOf(fileWith(content))).toBe("none");
  });

  it("is refused if it is no text, or comes from a variable and is too short", () => {
    expect(refusalOf(fileWith(Buffer.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa])))).toContain("not UTF-8");
    expect(refusalOf({ environment: "KEY" }, { KEY: "short" })).toContain("it has 5 bytes");
  });

  it.each([0o604, 0o602, 0o601, 0o644, 0o666])("is refused in a file that others may open, as with mode %o", (mode) => {
    expect(refusalOf(fileWith("a-secret", mode))).toMatch(
      /its file has the mode 0\d{3}, open to others; expected 0600/,
    );
  });

  it.each([0o600, 0o400, 0o640, 0o440])("is not one in a file that others may not open, as with mode %o", (mode) => {
    expect(refusalOf(fileWith("a-secret", mode))).toBe("none");
  });

  it("is refused in what is no file, without waiting for anybody to write", () => {
    mkdirSync(join(scratch.path, "folder"));
    expect(refusalOf({ file: join(scratch.path, "folder") })).toContain("not a regular file");
    execFileSync("mkfifo", [join(scratch.path, "pipe")]);
    expect(refusalOf({ file: join(scratch.path, "pipe") })).toContain("not a regular file");
  });

  it("is told together with all others, and never with the value", () => {
    const sources = { one: { environment: "ONE" }, two: { environment: "TWO" }, fine: { environment: "FINE" } };
    const environment = { ONE: "abc", TWO: "", FINE: "long enough" };
    const refusing = (): unknown => vaultOf(sources, environment);
    expect(refusing).toThrow(/secrets\.one: .*\n.*secrets\.two: /);
    expect(refusing).not.toThrow(/abc|long enough|fine/);
  });

  it("is refused if all secrets together are larger than 64 KiB, or more than 256", () => {
    const large = Object.fromEntries(["A", "B", "C", "D", "E"].map((name) => [name, name.repeat(MOST)]));
    const sources = Object.fromEntries(Object.keys(large).map((name) => [name, { environment: name }]));
    expect(() => vaultOf(sources, large)).toThrow("they have 81920 bytes together; at most 65536");
    const many = Array.from({ length: 257 }, (_, index) => `n${index}`);
    const absent = Object.fromEntries(many.map((name) => [name, { environment: name }]));
    expect(() => vaultOf(absent)).toThrow("there are 257; at most 256");
  });
});

describe("a secret that is not there", () => {
  it("is no fault at the start, is named, and has no value until it is there", () => {
    const file = join(scratch.path, "secret");
    const vault = vaultOf({ key: { file }, other: { environment: "OTHER" } });
    expect(vault.absent).toEqual([
      { field: "secrets.key", description: "its file cannot be opened (ENOENT)" },
      { field: "secrets.other", description: "the variable OTHER is not set" },
    ]);
    expect(vault.has("key")).toBe(true);
    expect(vault.resolve("key")).toEqual({ problem: "its file cannot be opened (ENOENT)" });
    fileWith("late-value");
    expect(vault.resolve("key")).toEqual({ value: "late-value" });
    expect(vault.redactor.text("late-value")).toBe("[redacted:key]");
  });

  it("has no value any more when its file was taken away or opened to others", () => {
    const vault = vaultOf({ key: fileWith("a-secret") });
    fileWith("a-secret", 0o644);
    expect(vault.resolve("key")).toEqual({ problem: expect.stringContaining("open to others") as string });
    rmSync(join(scratch.path, "secret"));
    expect(vault.resolve("key")).toEqual({ problem: expect.stringContaining("ENOENT") as string });
  });

  it("is not known under any name that the configuration does not have", () => {
    const vault = vaultOf({ key: fileWith("a-secret") });
    for (const name of ["other", "toString", "__proto__", ""]) {
      expect(vault.has(name)).toBe(false);
      expect(vault.resolve(name)).toEqual({ problem: "there is no secret of this name" });
    }
  });
});
