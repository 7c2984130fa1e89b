import { Writable } from "node:stream";
import { setImmediate as eventLoopTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Output } from "../../src/cli/output.ts";
import { KeptStream } from "./support/kept-stream.ts";

describe("the output of a command", () => {
  it("is dropped once nobody reads it, and says so instead of failing", async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
    const output = new Output(stream, { colour: false });
    await output.line("first");
    await eventLoopTurn();
    expect(output.gone.aborted).toBe(true);
    await output.line("second");
  });

  it("waits for a slow reader, so that what is not read is not made", async () => {
    const waiting: (() => void)[] = [];
    const stream = new Writable({ highWaterMark: 4, write: (_chunk, _encoding, done) => void waiting.push(done) });
    const output = new Output(stream, { colour: false });
    let written = false;
    const writing = output.write("more than four").then(() => {
      written = true;
    });
    await eventLoopTurn();
    expect(written).toBe(false);
    waiting.shift()?.();
    await writing;
    expect(written).toBe(true);
  });

  it("ends a wait for a reader who goes away in the middle of it", async () => {
    const stream = new Writable({ highWaterMark: 4, write: () => undefined });
    const output = new Output(stream, { colour: false });
    const writing = output.write("more than four");
    stream.destroy(new Error("EPIPE"));
    await writing;
    expect(output.gone.aborted).toBe(true);
  });

  it("has no end of a line where nobody looks, and that of a terminal where somebody does", () => {
    expect(new Output(new KeptStream().stream, { colour: true }).columns).toBe(Infinity);
    expect(new Output(new KeptStream({ isTTY: true, columns: 33 }).stream, { colour: true }).columns).toBe(33);
  });

  it.each([
    [true, true, "\u001B[31mx\u001B[39m"],
    [true, false, "x"],
    [false, true, "x"],
    [false, false, "x"],
  ])("is painted only on a terminal (%s) where colours are wanted (%s)", (isTTY, colour, painted) => {
    const output = new Output(new KeptStream({ isTTY }).stream, { colour });
    expect(output.paint("bad", "x")).toBe(painted);
  });

  it("leaves JSON as it is for a program, and escapes it for a terminal", async () => {
    const [kept, seen] = [new KeptStream(), new KeptStream({ isTTY: true })];
    await new Output(kept.stream, { colour: false }).json('{"a":"\u009B2J"}\n');
    await new Output(seen.stream, { colour: false }).json('{"a":"\u009B2J"}\n');
    expect(kept.text).toBe('{"a":"\u009B2J"}\n');
    expect(seen.text).toBe(String.raw`{"a":"\u009b2J"}` + "\n");
  });
});
