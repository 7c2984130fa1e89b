import { describe, expect, it } from "vitest";
import { Fault } from "#model";
import { resumed } from "../../src/cli/resume.ts";
import { ManualClock } from "../support/clock.ts";

const CUT = new Fault("SERVER_UNREACHABLE", "The connection was lost.");

interface Message {
  readonly seq: bigint;
}

/** A stream of the numbers up to 9 that is cut after each of these counts of messages. */
function source(cuts: readonly number[], fault = CUT) {
  const opened: (bigint | undefined)[] = [];
  const left = [...cuts];
  async function* open(afterSeq: bigint | undefined): AsyncGenerator<Message> {
    opened.push(afterSeq);
    const until = left.shift() ?? Infinity;
    const start = (afterSeq ?? -1n) + 1n;
    for (let at = 0; at < until && start + BigInt(at) < 10n; at += 1) yield { seq: start + BigInt(at) };
    if (until !== Infinity) throw fault;
  }
  return { open, opened };
}

async function collected(cuts: readonly number[], fault?: Fault) {
  const clock = new ManualClock();
  const { open, opened } = source(cuts, fault);
  const seqs: bigint[] = [];
  const told: string[] = [];
  const reading = (async () => {
    const messages = resumed({ open, lastSeq: ({ seq }) => seq, clock, onCut: ({ message }) => told.push(message) });
    for await (const { seq } of messages) seqs.push(seq);
  })();
  const thrown: unknown = await clock.settle(
    reading.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  return { seqs, opened, told, thrown, waitedMs: clock.monotonicMs() };
}

const ALL = Array.from({ length: 10 }, (_none, seq) => BigInt(seq));

describe("a stream that is cut", () => {
  it("is taken up after the last message that came, and gives each message once", async () => {
    const { seqs, opened, told, thrown } = await collected([3, 2]);
    expect(thrown).toBeUndefined();
    expect(seqs).toEqual(ALL);
    expect(opened).toEqual([undefined, 2n, 4n]);
    expect(told).toEqual([CUT.message, CUT.message]);
  });

  it("is given up after six attempts in a row without a message, each after twice the wait", async () => {
    const { seqs, opened, thrown, waitedMs } = await collected([3, 0, 0, 0, 0, 0, 0, 0]);
    expect(thrown).toBe(CUT);
    expect(seqs).toEqual(ALL.slice(0, 3));
    expect(opened).toHaveLength(7);
    expect(waitedMs).toBe(100 * (1 + 2 + 4 + 8 + 16 + 32));
  });

  it("has its attempts counted anew after every message", async () => {
    const { seqs, thrown } = await collected([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    expect(thrown).toBeUndefined();
    expect(seqs).toEqual(ALL);
  });

  it("is not tried again if it never began, for nobody knows whether it was accepted", async () => {
    const { opened, thrown } = await collected([0]);
    expect(thrown).toBe(CUT);
    expect(opened).toEqual([undefined]);
  });

  it("is not taken up where the server said why it ended it", async () => {
    const refused = new Fault("EVIDENCE_BROKEN", "The log is broken.");
    const { opened, thrown } = await collected([3], refused);
    expect(thrown).toBe(refused);
    expect(opened).toHaveLength(1);
  });
});
