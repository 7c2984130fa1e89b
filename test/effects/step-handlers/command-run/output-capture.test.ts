import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOutputCapture } from "../../../../src/effects/step-handlers/command-run/output-capture.ts";
import type { SeenStream } from "../../support/bench-of-commands.ts";

function captured(chunks: readonly Uint8Array[], capBytes: number): SeenStream {
  const { stdout } = createOutputCapture(capBytes);
  for (const chunk of chunks) stdout.write(chunk);
  // The shape is what these tests look at; a member that is not there fails them.
  return stdout.finish() as unknown as SeenStream;
}

function keptBytes(stream: SeenStream): Buffer {
  return stream.text === undefined ? Buffer.from(stream.base64 ?? "", "base64") : Buffer.from(stream.text);
}

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.string({ unit: "binary", maxLength: 32 }).map((text) => new Uint8Array(Buffer.from(text))),
);

describe("the capture of a stream", () => {
  it("gives back the exact beginning of any bytes, however they arrive, and counts and hashes all", () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 12 }), fc.nat({ max: 200 }), (chunks, capBytes) => {
        const all = Buffer.concat(chunks);
        const stream = captured(chunks, capBytes);
        const kept = keptBytes(stream);
        expect(all.subarray(0, kept.length).equals(kept)).toBe(true);
        expect(stream.bytes).toBe(all.length);
        expect(stream.sha256).toBe(createHash("sha256").update(all).digest("hex"));
        expect(stream.truncated).toBe(all.length > capBytes);
        // A whole character of at most four bytes may be left out where the cap cut it, nothing else.
        const dropped = Math.min(all.length, capBytes) - kept.length;
        expect(dropped).toBeGreaterThanOrEqual(0);
        expect(dropped).toBeLessThanOrEqual(stream.truncated && stream.text !== undefined ? 3 : 0);
        expect((stream.text === undefined) !== (stream.base64 === undefined)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("says text exactly if what is kept is well-formed UTF-8", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const isText = (bytes: Uint8Array): boolean => {
      try {
        decoder.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(captured([bytes], 1000).text !== undefined).toBe(isText(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["é", 1, ""],
    ["aé", 2, "a"],
    ["a€b", 2, "a"],
    ["a€b", 3, "a"],
    ["a€b", 4, "a€"],
    ["😀x", 3, ""],
    ["a😀x", 4, "a"],
    ["a😀x", 5, "a😀"],
  ])("cuts %j at %i bytes back to %j", (text, capBytes, expected) => {
    expect(captured([Buffer.from(text)], capBytes)).toMatchObject({ text: expected, truncated: true });
  });

  it("says base64 when the end is half a character that nothing cut", () => {
    const half = Buffer.from("a€").subarray(0, 3);
    expect(captured([half], 3)).toMatchObject({ base64: half.toString("base64"), truncated: false });
  });

  it("keeps all bytes as base64 when the cut is in a character and other bytes are no text", () => {
    const bytes = Buffer.from([0xff, 0x61, 0xe2, 0x82, 0xac]);
    expect(captured([bytes], 4)).toMatchObject({ base64: bytes.subarray(0, 4).toString("base64"), truncated: true });
  });

  it("keeps a byte order mark and NUL characters in the text", () => {
    expect(captured([Buffer.from("\uFEFFa\0b")], 100).text).toBe("\uFEFFa\0b");
  });

  it("keeps nothing under a cap of zero and still counts", () => {
    expect(captured([Buffer.from("abc")], 0)).toMatchObject({ text: "", bytes: 3, truncated: true });
    expect(captured([], 0)).toMatchObject({ text: "", bytes: 0, truncated: false });
  });

  it("never keeps later bytes after dropped ones of the same stream", () => {
    const { stdout, stderr } = createOutputCapture(4);
    stdout.write(Buffer.from("ab"));
    stderr.write(Buffer.from("cdef"));
    stdout.write(Buffer.from("gh"));
    expect(stdout.finish()).toMatchObject({ text: "ab", bytes: 4, truncated: true });
    expect(stderr.finish()).toMatchObject({ text: "cd", bytes: 4, truncated: true });
  });

  it("does not hold on to a chunk that its owner uses again", () => {
    const { stdout } = createOutputCapture(100);
    const chunk = Buffer.from("one ");
    stdout.write(chunk);
    chunk.write("two!");
    stdout.write(chunk);
    expect(stdout.lastLine()).toBe("one two!");
    expect(stdout.finish()).toMatchObject({ text: "one two!" });
  });
});

function lastLine(...chunks: string[]): string {
  const { stderr } = createOutputCapture(0);
  for (const chunk of chunks) stderr.write(Buffer.from(chunk));
  return stderr.lastLine();
}

describe("the last line of a stream", () => {
  it.each([
    [[""], ""],
    [["\n \n\t\n"], ""],
    [["a\nb"], "b"],
    [["a\nb\n\n"], "b"],
    [["a\r\nb\r\n"], "b"],
    [["progress 1\rprogress 2"], "progress 2"],
    [["a\nsp", "lit"], "split"],
    [[`${"x".repeat(5000)}\nend`], "end"],
  ])("after the writes %j is %j", (chunks, expected) => {
    expect(lastLine(...chunks)).toBe(expected);
  });

  it("is capped at a thousand characters and stays well-formed", () => {
    const line = lastLine("x".repeat(999) + "😀".repeat(10));
    expect(line).toHaveLength(1000);
    expect(line.isWellFormed()).toBe(true);
  });
});
