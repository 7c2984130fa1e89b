import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { descendantsOf, isAlive, startedBy } from "../../examples/demo/processes.ts";
import { NotAsPromised, Story } from "../../examples/demo/story.ts";
import { flipOneByte } from "../../examples/demo/tamper.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

describe("what the demo tells", () => {
  test("a story in which all came about is kept, and counts what was expected", () => {
    const lines: string[] = [];
    const story = new Story((line) => lines.push(line));
    story.chapter("One");
    story.expect("this holds", true);
    expect(story.kept).toBe(true);
    expect(story.ending(1.25)).toMatch(/^All 1 expectations held, in 1\.\d s\.$/);
    expect(lines).toEqual(["\n1. One\n", "   ✓ this holds"]);
  });

  test("one expectation that does not hold breaks the story, whatever comes after it", () => {
    const lines: string[] = [];
    const story = new Story((line) => lines.push(line));
    story.expect("this does not", false);
    story.expect("this holds", true);
    expect(story.kept).toBe(false);
    expect(lines[0]).toContain("NOT SO: this does not");
    expect(story.ending(2)).toContain("1 of 2 expectations did not hold");
  });

  test("a story in which nothing was expected is not called kept", () => {
    expect(new Story(() => undefined).kept).toBe(false);
  });

  test("a value that the story cannot go on without ends it when it is not there", () => {
    const story = new Story(() => undefined);
    expect(() => story.need("head", undefined)).toThrow(NotAsPromised);
    expect(story.need("head", 0)).toBe(0);
  });
});

describe("how the demo looks for processes", () => {
  test("a process is found below its parent and by its job's id, and neither once it has ended", async () => {
    const child = spawn("sleep", ["60"], {
      env: { ...process.env, VERBATIM_JOB_ID: "job-of-the-demo" },
      stdio: "ignore",
    });
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    expect(descendantsOf(process.pid)).toContain(pid);
    expect(startedBy(["job-of-the-demo"])).toEqual([pid]);
    expect(startedBy(["job-of-the-dem", "another"])).toEqual([]);
    expect(isAlive(pid)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "close");
    expect(isAlive(pid)).toBe(false);
    expect(descendantsOf(process.pid)).not.toContain(pid);
    expect(startedBy(["job-of-the-demo"])).toEqual([]);
  });
});

describe("how the demo changes a log", () => {
  test("one bit of the line that was asked for is another in the copy, and the original stays", async () => {
    await using scratch = await scratchDirectory();
    const [from, to] = [join(scratch.path, "log"), join(scratch.path, "copy")];
    await writeFile(from, "first\nsecond\nthird\n");
    await flipOneByte(from, to, 2);
    expect(await readFile(from, "utf8")).toBe("first\nsecond\nthird\n");
    const [before, after] = [await readFile(from), await readFile(to)];
    const changed = [...before.keys()].filter((at) => before[at] !== after[at]);
    expect(changed).toHaveLength(1);
    expect(changed[0]).toBeGreaterThanOrEqual("first\n".length);
    expect(changed[0]).toBeLessThan("first\nsecond".length);
  });

  test("a line that is not there cannot be changed", async () => {
    await using scratch = await scratchDirectory();
    const from = join(scratch.path, "log");
    await writeFile(from, "only\n");
    await expect(flipOneByte(from, join(scratch.path, "copy"), 2)).rejects.toThrow("has no line 2");
  });
});
