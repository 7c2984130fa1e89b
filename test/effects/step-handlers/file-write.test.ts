import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileWrite } from "#effects";
import type { StepOutput, StepType } from "#effects";
import type { JsonObject } from "#model";
import { openBelow } from "../../../src/effects/step-handlers/file-write/jail.ts";
import { placeFile } from "../../../src/effects/step-handlers/file-write/place-file.ts";
import { performStep } from "../support/perform-step.ts";

let top: string;
let jail: string;
let type: StepType;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "verbatim-file-write-"));
  jail = join(top, "jail");
  mkdirSync(join(jail, "sub/deeper"), { recursive: true });
  mkdirSync(join(top, "outside"));
  writeFileSync(join(top, "outside/secret"), "untouched");
  type = createFileWrite({ directory: jail, maxBytes: 1000 });
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

async function write(parameters: JsonObject, key?: string): Promise<StepOutput> {
  return await performStep(type, parameters, key === undefined ? {} : { key });
}

/** The name of what an attempt with this key leaves if it does not come to its end. */
function left(key: string): string {
  return `.verbatim-${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;
}

/** All that lies beside the jail, with what it holds. */
function outside(): unknown {
  const there = join(top, "outside");
  const files = readdirSync(there).toSorted();
  return [readdirSync(top).toSorted(), files.map((name) => [name, readFileSync(join(there, name), "utf8")])];
}

describe("file.write", () => {
  it("writes a file whole with the permissions that were asked for, whatever the umask, and tells its digest", async () => {
    const before = process.umask(0o077);
    try {
      expect(await write({ path: "sub/a.txt", text: "grüß\n" })).toEqual({
        success: true,
        output: {
          path: "sub/a.txt",
          bytes: 7,
          sha256: "97279b60fe0e66b13d24b5ac02c58f383933b16d5a0dba9e1db074d33ec6eb99",
          written: true,
        },
      });
      expect(statSync(join(jail, "sub/a.txt")).mode & 0o7777).toBe(0o600);
      await write({ path: "sub/b.txt", text: "b", permissions: "0644" });
      expect(statSync(join(jail, "sub/b.txt")).mode & 0o7777).toBe(0o644);
      expect(readFileSync(join(jail, "sub/a.txt"), "utf8")).toBe("grüß\n");
    } finally {
      process.umask(before);
    }
  });

  it("leaves the same bytes as they are, and refuses others or replaces them as it is told", async () => {
    const [path, text] = ["a", "one"];
    expect(await write({ path, text })).toMatchObject({ success: true, output: { written: true } });
    const inode = statSync(join(jail, path)).ino;
    for (const if_exists of ["fail", "replace"])
      expect(await write({ path, text, if_exists })).toMatchObject({ success: true, output: { written: false } });
    expect(statSync(join(jail, path)).ino).toBe(inode);
    const other = { path, text: "two" };
    expect(await write(other)).toMatchObject({ success: false, errorClass: "validation_failed" });
    expect(await write({ path, text, permissions: "0644" })).toMatchObject({ errorClass: "validation_failed" });
    expect(readFileSync(join(jail, path), "utf8")).toBe("one");
    expect(await write({ ...other, if_exists: "replace" })).toMatchObject({ output: { written: true } });
    expect(readFileSync(join(jail, path), "utf8")).toBe("two");
    const readable = { path, text: "two", permissions: "0644", if_exists: "replace" };
    expect(await write(readable)).toMatchObject({ output: { written: true } });
    expect(statSync(join(jail, path)).mode & 0o7777).toBe(0o644);
    expect(readdirSync(jail).toSorted()).toEqual(["a", "sub"]);
  });

  it("writes bytes as they are, also none at all, up to its bound and not one more", async () => {
    const bytes = Buffer.from([0, 255, 10, 13]);
    expect(await write({ path: "bytes", base64: bytes.toString("base64") })).toMatchObject({ output: { bytes: 4 } });
    expect(readFileSync(join(jail, "bytes"))).toEqual(bytes);
    expect(await write({ path: "empty", text: "" })).toMatchObject({ success: true, output: { bytes: 0 } });
    expect(await write({ path: "full", text: "x".repeat(1000) })).toMatchObject({ success: true });
    expect(await write({ path: "over", text: "ü".repeat(501) })).toMatchObject({ errorClass: "validation_failed" });
    expect(type.checkParameters({ path: "over", text: "x".repeat(1001) })).toHaveLength(1);
    expect(existsSync(join(jail, "over"))).toBe(false);
  });

  it("goes on where an attempt has left its half, under the same key", async () => {
    for (const key of ["job/0", "other/0"]) writeFileSync(join(jail, left(key)), "half");
    expect(await write({ path: "a", text: "x" }, "job/0")).toMatchObject({ output: { written: true } });
    expect(readdirSync(jail).toSorted()).toEqual([left("other/0"), "a", "sub"]);
  });

  it("fails where a directory is missing, and where something stands that is no file", async () => {
    expect(await write({ path: "none/a", text: "x" })).toMatchObject({ errorClass: "validation_failed" });
    expect(await write({ path: "sub", text: "x", if_exists: "replace" })).toMatchObject({
      errorClass: "validation_failed",
    });
    execFileSync("mkfifo", [join(jail, "pipe")]);
    const server = createServer().listen(join(jail, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    for (const path of ["pipe", "socket"]) {
      expect(await write({ path, text: "x", if_exists: "replace" })).toMatchObject({ errorClass: "validation_failed" });
    }
    server.close();
    const lost = createFileWrite({ directory: join(top, "nowhere") });
    expect(await performStep(lost, { path: "a", text: "x" })).toMatchObject({ errorClass: "permanent" });
  });

  it("does nothing once it was told to stop", async () => {
    expect(await performStep(type, { path: "a", text: "x" }, { signal: AbortSignal.abort() })).toMatchObject({
      success: false,
    });
    expect(existsSync(join(jail, "a"))).toBe(false);
  });

  it("is refused with what is wrong in its configuration when it is made", () => {
    expect(() => createFileWrite({ directory: "relative", maxBytes: 0 })).toThrow(/directory: .*max_bytes: /);
  });
});

/** Ways out by the text of the path alone, and ways that only look like one. */
const SPOKEN = [
  "/etc/passwd",
  "/",
  "..",
  "../outside/secret",
  "sub/../../outside/secret",
  "./a",
  "sub/./a",
  "sub/..",
  "sub//a",
  "a/",
  "//outside/secret",
  "a\0b",
  "\0",
  "a\ud800",
  "x".repeat(256),
  `sub/${"ü".repeat(128)}`,
  `${"d/".repeat(40)}a`,
  ".verbatim-a",
  "sub/.verbatim-a/b",
  "/proc/self/cwd/a",
] as const;

describe("P7 file.write stays below its directory", () => {
  it.each(SPOKEN)("refuses the path %j before anything runs, and again when it runs", async (path) => {
    const before = outside();
    expect(type.checkParameters({ path, text: "x" })).not.toEqual([]);
    const done = await write({ path, text: "x", if_exists: "replace" });
    expect(done.success).toBe(false);
    expect(["sandbox_violation", "validation_failed"]).toContain(done.errorClass);
    expect(outside()).toEqual(before);
  });

  it("takes what only looks like a way out for a name", async () => {
    const names = ["...", "..a", "%2e%2e", "．．", "a b", "\\..\\a", "~", "-rf", "C:a", "\n"];
    for (const path of names) expect(await write({ path, text: "x" }), path).toMatchObject({ success: true });
    expect(readdirSync(jail).toSorted()).toEqual([...names, "sub"].toSorted());
  });

  const LINKS: readonly (readonly [name: string, make: () => void, path: string])[] = [
    ["a directory outside", () => symlinkSync(join(top, "outside"), join(jail, "link")), "link/secret"],
    ["a directory outside, relatively", () => symlinkSync("../outside", join(jail, "link")), "link/secret"],
    ["a directory inside", () => symlinkSync("sub", join(jail, "link")), "link/a"],
    ["the root of all", () => symlinkSync("/", join(jail, "link")), "link/a"],
    ["its own process", () => symlinkSync("/proc/self/cwd", join(jail, "link")), "link/a"],
    ["itself", () => symlinkSync("link", join(jail, "link")), "link/a"],
    [
      "a directory in the middle",
      () => symlinkSync("../../outside", join(jail, "sub/deeper/link")),
      "sub/deeper/link/a",
    ],
    ["a file outside", () => symlinkSync(join(top, "outside/secret"), join(jail, "link")), "link"],
    ["a file that is not there yet", () => symlinkSync(join(top, "outside/new"), join(jail, "link")), "link"],
    ["a file inside", () => symlinkSync("a", join(jail, "link")), "link"],
    ["a file in the place of a directory", () => writeFileSync(join(jail, "link"), ""), "link/a"],
  ];

  it.each(LINKS)("follows no link to %s, whether it may replace or not", async (_name, make, path) => {
    make();
    const before = outside();
    for (const if_exists of ["fail", "replace"]) {
      expect(await write({ path, text: "x", if_exists })).toMatchObject({ errorClass: "sandbox_violation" });
    }
    expect(outside()).toEqual(before);
  });

  it("does not write through a second name of a file outside", async () => {
    linkSync(join(top, "outside/secret"), join(jail, "hard"));
    expect(await write({ path: "hard", text: "x", if_exists: "replace" })).toMatchObject({ success: true });
    expect(readFileSync(join(jail, "hard"), "utf8")).toBe("x");
    expect(readFileSync(join(top, "outside/secret"), "utf8")).toBe("untouched");
  });

  it("may itself be named by a link, which is the operator's", async () => {
    symlinkSync(jail, join(top, "named"));
    const named = createFileWrite({ directory: join(top, "named") });
    expect(await performStep(named, { path: "sub/a", text: "x" })).toMatchObject({ success: true });
    expect(existsSync(join(jail, "sub/a"))).toBe(true);
  });

  it("never takes the place of a file that somebody makes while it is written, unless it may replace", () => {
    const placed = (ifExists: "fail" | "replace"): unknown => {
      const opened = openBelow(jail, []);
      if ("failed" in opened) throw new Error(opened.failed.error);
      using directory = opened;
      return placeFile(directory, {
        path: "a",
        name: "a",
        bytes: Buffer.from("ours"),
        ifExists,
        temporary: ".verbatim-a",
        // Asked for once it was seen that nothing is there, and before the file gets its name.
        get permissions() {
          writeFileSync(join(jail, "a"), "theirs");
          return 0o600;
        },
      });
    };
    expect(placed("fail")).toMatchObject({ failed: { errorClass: "validation_failed" } });
    expect(readFileSync(join(jail, "a"), "utf8")).toBe("theirs");
    rmSync(join(jail, "a"));
    expect(placed("replace")).toEqual({ written: true });
    expect(readFileSync(join(jail, "a"), "utf8")).toBe("ours");
    expect(readdirSync(jail).toSorted()).toEqual(["a", "sub"]);
  });

  it("never lands outside while somebody swaps a directory for a link as fast as he can", async () => {
    const swapper = new Worker(
      `const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
       const { workerData, parentPort } = require("node:worker_threads");
       const { sub, aside, outside } = workerData;
       let swaps = 0;
       parentPort.on("message", () => { parentPort.postMessage(swaps); process.exit(0); });
       const round = () => {
         for (let turn = 0; turn < 50; turn += 1) {
           renameSync(sub, aside); symlinkSync(outside, sub); unlinkSync(sub); renameSync(aside, sub);
           swaps += 1;
         }
         setImmediate(round);
       };
       round();`,
      { eval: true, workerData: { sub: join(jail, "sub"), aside: join(jail, "aside"), outside: join(top, "outside") } },
    );
    const before = outside();
    let [written, refused] = [0, 0];
    const endsAt = performance.now() + 20_000;
    for (let round = 0; (written < 50 || refused < 50) && performance.now() < endsAt; round += 1) {
      const { success } = await write({ path: `sub/${round % 20}`, text: `${round}`, if_exists: "replace" });
      if (success) written += 1;
      else refused += 1;
    }
    const swaps = await new Promise<number>((resolve) => {
      swapper.once("message", resolve);
      swapper.postMessage("enough");
    });
    await swapper.terminate();
    expect(swaps).toBeGreaterThan(0);
    expect([written >= 50, refused >= 50]).toEqual([true, true]);
    expect(outside()).toEqual(before);
  }, 60_000);
});
