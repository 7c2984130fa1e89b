import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closePipe, createPipePool, readerOf } from "../../../../src/effects/step-handlers/command-run/pipes.ts";

let directory: string;
let before: string | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-test-pipes-"));
  before = process.env["TMPDIR"];
  process.env["TMPDIR"] = directory;
});
afterEach(() => {
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  rmSync(directory, { recursive: true });
});

const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe("the pool of pipes", () => {
  it("hands out pipes that carry bytes and end when the writer closes", async () => {
    const pool = createPipePool();
    const pipe = await pool.take();
    if (pipe === undefined) throw new Error("no pipe could be made");
    writeSync(pipe.writeFd, "through the pipe");
    closeSync(pipe.writeFd);
    expect(await text(readerOf(pipe))).toBe("through the pipe");
    pool.close();
  });

  it("leaves no file behind once pipes are made", async () => {
    const pool = createPipePool();
    await pool.take().then((pipe) => pipe && closePipe(pipe));
    expect(readdirSync(directory)).toEqual([]);
    pool.close();
  });

  it("gives every taker its own pipe, also when many take at once", async () => {
    const pool = createPipePool();
    const pipes = await Promise.all(Array.from({ length: 50 }, () => pool.take()));
    const ends = pipes.flatMap((pipe) => (pipe === undefined ? [] : [pipe.readFd, pipe.writeFd]));
    expect(new Set(ends).size).toBe(100);
    for (const pipe of pipes) if (pipe !== undefined) closePipe(pipe);
    pool.close();
  });

  it("closes what nobody took, also what was being made meanwhile", async () => {
    const atFirst = descriptors();
    const pool = createPipePool();
    const taken = pool.take();
    pool.close();
    expect(await taken).toBeUndefined();
    expect(await pool.take()).toBeUndefined();
    expect(descriptors()).toBe(atFirst);
  });

  it.each([
    ["is not there", "/no/such/mkfifo"],
    ["fails", "false"],
    ["makes no pipes", "true"],
  ])("has no pipe, and no leftover, where the program that makes them %s", async (_, program) => {
    const atFirst = descriptors();
    const pool = createPipePool(program);
    expect(await pool.take()).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
    expect(descriptors()).toBe(atFirst);
  });

  it("closes the pipes it opened when one of a batch cannot be opened", async () => {
    const program = join(directory, "half");
    // Makes all but the last.
    writeFileSync(program, '#!/bin/sh\nshift 2\nwhile [ $# -gt 1 ]; do mkfifo "$1"; shift; done\n', { mode: 0o755 });
    const atFirst = descriptors();
    expect(await createPipePool(program).take()).toBeUndefined();
    expect(descriptors()).toBe(atFirst);
    expect(readFileSync(program, "utf8")).toContain("mkfifo");
  });
});
