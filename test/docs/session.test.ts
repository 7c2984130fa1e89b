import { describe, expect, test } from "vitest";
import { commandsOf, isShown, runCommands } from "./support/session.ts";

describe("how the commands of a document are read", () => {
  test("a command goes on over lines that begin with a greater-than sign, and what follows is its output", () => {
    const commands = commandsOf("$ echo a \\\n>   b\na b\n> not a command\n$ true\n");
    expect(commands).toEqual([
      { command: "echo a \\\n  b", shown: ["a b", "> not a command"] },
      { command: "true", shown: [] },
    ]);
  });

  test("an output before the first command is an error of the document", () => {
    expect(() => commandsOf("output\n$ true\n")).toThrow("begins with a command");
  });

  test("each command has its own output of both streams, in one shell", async () => {
    const options = { environment: { GREETING: "hello" }, setup: ['greet() { echo "$GREETING $1"; }'] };
    const outputs = await runCommands(["greet you", "false; echo $? >&2", "cd /; true", "pwd"], options);
    expect(outputs).toEqual(["hello you\n", "1\n", "", "/\n"]);
  });
});

describe("how an output is compared with what is shown", () => {
  const HASHES = [
    "w2l0s1KZbWnqUYcX9r6ZbJc3mYQyBf8oG1vEoTnAqkE",
    "yr2WbHErKwdTQqrJrTUACkbZLdLndk2DW3dbZSQTDFo",
  ] as const;

  test.each([
    ["the same lines", "a\nb\n", ["a", "b"]],
    ["other blanks", "a    b  \n", ["a b"]],
    ["another time", "at 2026-11-21T04:35:03.336Z\n", ["at 2025-01-01T00:00:00.000Z"]],
    ["another duration", "took 0.02s\n", ["took 12.345s"]],
    ["another hash", `head ${HASHES[0]}\n`, [`head ${HASHES[1]}`]],
    ["a part of a line left out", "in /tmp/vb-1: 3 steps\n", ["in ...: 3 steps"]],
    ["lines left out", "a\nb\nc\nd\n", ["a", "...", "d"]],
    ["nothing where lines are left out", "a\nd\n", ["a", "...", "d"]],
    ["no output", "", []],
  ])("takes %s for the same", (_case, output, shown) => {
    expect(isShown(output, shown)).toBe(true);
  });

  test.each([
    ["another word", "failed\n", ["completed"]],
    ["another number", "3 steps\n", ["4 steps"]],
    ["a line more", "a\nb\n", ["a"]],
    ["a line less", "a\n", ["a", "b"]],
    ["another order", "b\na\n", ["a", "b"]],
    ["an output where none is shown", "a\n", []],
    ["a sign of a pattern as anything", "abc\n", ["a.c"]],
    ["an end that is not shown", "a\nb\nc\n", ["a", "...", "b"]],
  ])("does not take %s for the same", (_case, output, shown) => {
    expect(isShown(output, shown)).toBe(false);
  });
});
