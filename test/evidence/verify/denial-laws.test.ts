import { expect, test } from "vitest";
import { createMemoryStore, verifyLines } from "#evidence";
import type { RecordDraft } from "#evidence";
import { encodeRecord } from "../../../src/evidence/encode.ts";
import { genesis } from "../../../src/evidence/chain.ts";
import { created, draft, note } from "../support/drafts.ts";

const LOG = "denials-2026-11-21";
const opened = draft("denials.opened", { schema: "evidence/v1" });
const closed = draft("denials.closed");
const counted = (total: unknown, others: number, counts: readonly number[]): RecordDraft =>
  draft("denials.counted", { data: { total, others, denials: counts.map((count) => ({ count })) } as never });

/** The lines of a log that says this, whatever it is. */
function linesOf(drafts: readonly RecordDraft[]): readonly string[] {
  let previous = genesis(LOG);
  return drafts.map((each, seq) => {
    const { line, record } = encodeRecord(each, { runId: LOG, seq, previous, eventId: `event-${seq}` });
    previous = record.hash;
    return line;
  });
}

test.each([
  ["its sums hold", [opened, counted(7, 4, [1, 2]), counted(0, 0, []), closed], []],
  ["a count was made smaller", [opened, counted(7, 4, [1, 1])], ["DENIALS_COUNT 1"]],
  ["a kind was left out", [opened, counted(7, 4, [1])], ["DENIALS_COUNT 1"]],
  ["no total is said", [opened, counted(null, 0, [])], ["DENIALS_COUNT 1"]],
  ["no counts are said", [opened, draft("denials.counted", { data: { total: 0, others: 0 } })], ["DENIALS_COUNT 1"]],
  ["something stands behind its end", [opened, closed, counted(1, 1, [])], ["DENIALS_AFTER_END 2"]],
  ["a record of a run stands in it", [opened, draft("job.started")], ["OTHER_KIND 1"]],
  ["it begins in the middle", [counted(1, 1, [])], ["MALFORMED 0", "MALFORMED 0"]],
  ["it is that of a run", [created(LOG), counted(1, 1, [])], ["OTHER_KIND 1"]],
] as const)("a log of denials is held to its laws: %s", async (_what, drafts, expected) => {
  const { problems } = await verifyLines(linesOf(drafts));
  expect(problems.map(({ code, seq }) => `${code} ${seq}`)).toEqual(expected);
});

test("a store takes nothing behind the end of a log of denials, and no more calls it open", async () => {
  const store = createMemoryStore({ newEventId: () => "event" });
  await store.append(LOG, 0, [opened]);
  expect((await store.openRuns()).map(({ runId }) => runId)).toEqual([LOG]);
  await store.append(LOG, 1, [closed]);
  expect(await store.openRuns()).toEqual([]);
  await expect(store.append(LOG, 2, [note(1)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
  await store.close();
});
