import { describe, expect, test } from "vitest";
import { Fault } from "#model";
import { admit, GatheredEnqueues } from "../../src/queue/gathered-enqueues.ts";
import type { Batch } from "../../src/queue/gathered-enqueues.ts";
import { entry } from "../conformance/job-queue-subject.ts";

const batch = (...ids: readonly string[]): Batch => ids.map((id) => entry(id));
const large = (name: string): Batch => batch(...Array.from({ length: 3000 }, (_, place) => `${name}-${place}`));
const idsOf = (entries: Batch): readonly string[] => entries.map(({ id }) => id);

describe("batches that come while another is on its way", () => {
  test("go together in the next one, in the order in which they came", async () => {
    const runs: (readonly string[])[][] = [];
    const gates: (() => void)[] = [];
    const enqueues = new GatheredEnqueues(async (batches) => {
      runs.push(batches.map(idsOf));
      await new Promise<void>((resolve) => gates.push(resolve));
      return batches.map(() => undefined);
    });
    const first = enqueues.enqueue(batch("a"));
    const more = [enqueues.enqueue(batch("b", "c")), enqueues.enqueue(batch("d"))];
    gates.shift()?.();
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    gates.shift()?.();
    await Promise.all(more);
    expect(runs).toEqual([[["a"]], [["b", "c"], ["d"]]]);
  });

  test("are told what the one before them was told when the server failed, and the next ones go on", async () => {
    let answer: (() => void) | undefined;
    let down = true;
    const enqueues = new GatheredEnqueues(async (batches) => {
      if (down) {
        await new Promise<void>((resolve) => (answer = resolve));
        throw new Fault("QUEUE_UNAVAILABLE", "away");
      }
      return batches.map(() => undefined);
    });
    const refused = Promise.allSettled([enqueues.enqueue(batch("a")), enqueues.enqueue(batch("b"))]);
    down = false;
    answer?.();
    expect((await refused).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await enqueues.enqueue(batch("c"));
  });

  test("go in more than one where they are too many for one", async () => {
    const sizes: number[] = [];
    const enqueues = new GatheredEnqueues(async (batches) => {
      sizes.push(batches.flat().length);
      return batches.map(() => undefined);
    });
    await Promise.all(["a", "b", "c"].map(async (name) => await enqueues.enqueue(large(name))));
    expect(sizes).toEqual([3000, 3000, 3000]);
  });
});

describe("the room that there is", () => {
  const room = { capacity: 5, queued: 3, isQueued: (id: string) => id.startsWith("old") };

  test("is given to whole batches only, up to the edge, and what is queued needs none", () => {
    const { accepted, refusals } = admit(
      [batch("x", "y", "z"), batch("a", "old", "b", "a"), batch("old"), batch("d")],
      room,
    );
    expect(idsOf(accepted)).toEqual(["a", "b"]);
    expect(refusals.map((refusal) => refusal?.code)).toEqual([
      "LIMIT_EXCEEDED",
      undefined,
      undefined,
      "LIMIT_EXCEEDED",
    ]);
  });

  test("is not needed twice by an id that two batches have", () => {
    const { accepted, refusals } = admit([batch("a", "b"), batch("b", "a")], room);
    expect(idsOf(accepted)).toEqual(["a", "b"]);
    expect(refusals).toEqual([undefined, undefined]);
  });
});
