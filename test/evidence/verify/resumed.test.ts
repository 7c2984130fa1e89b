import fc from "fast-check";
import { expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { LogReport, RecordDraft, SealedLog } from "#evidence";
import { MerkleTree } from "../../../src/evidence/merkle.ts";
import { verifyBytes } from "../../../src/evidence/verify/verify-file.ts";
import { completed, draft, note, resumed } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { referenceLines } from "../support/reference-format.ts";
import { about, begun, end, failing, PLAN_RUN, start, whole } from "./support/plan-run.ts";
import { hashOf } from "./support/sealed-log.ts";

// A run that failed is opened again: what stands behind its first end is judged like all before, and a seal of the first end
// does not vouch for it.

const failed = [...begun([{ key: "a" }]), ...failing("a"), end("failed")];
const again = [resumed(), ...whole("a", { attempt: 1 }), end("succeeded")];
const FIRST_END = failed.length;
const lines = linesOf([...failed, ...again]);

function linesOf(records: readonly RecordDraft[]): readonly string[] {
  return referenceLines(PLAN_RUN, records, eventIds());
}

/** What a seal says that was made when the log had so many lines. */
function sealAt(size: number): SealedLog {
  const tree = new MerkleTree();
  for (const line of lines.slice(0, size)) tree.add(line);
  const planHash = (JSON.parse(lines[0] ?? "") as { readonly plan_hash: string }).plan_hash;
  return {
    runId: PLAN_RUN,
    size,
    head: hashOf(lines[size - 1]),
    merkleRoot: tree.root().toString("base64url"),
    planHash,
  };
}

const codes = ({ problems }: LogReport): readonly string[] => problems.map(({ code, seq }) => `${code} ${seq}`);

test("a log that goes on behind a failed end is whole, keeps the laws, and has ended by its last record", async () => {
  expect(await verifyLines(lines)).toMatchObject({ ok: true, complete: true, end: "unproven", records: lines.length });
  const open = await verifyLines(lines.slice(0, FIRST_END + 2));
  expect(open).toMatchObject({ ok: true, complete: false });
});

test("the seal that was made after the second end covers all of it", async () => {
  expect(await verifyLines(lines, { sealed: sealAt(lines.length) })).toMatchObject({ ok: true, end: "sealed" });
});

test("with the seal of the first end alone the rest is told to be unproven, and is held to chain and laws all the same", async () => {
  const report = await verifyLines(lines, { sealed: sealAt(FIRST_END) });
  expect(codes(report)).toEqual([`RESUMED_AFTER_SEAL ${FIRST_END}`]);
  expect(report.problems[0]?.message).toContain(`behind the ${FIRST_END} lines that the seal covers`);
  expect(report).toMatchObject({ ok: false, end: "unproven", complete: true, head: hashOf(lines[FIRST_END - 1]) });
  const unlawful = linesOf([...failed, resumed(), end("succeeded")]);
  expect(codes(await verifyLines(unlawful, { sealed: sealAt(FIRST_END) }))).toEqual([
    `RESUMED_AFTER_SEAL ${FIRST_END}`,
    `WRONG_VERDICT ${FIRST_END + 1}`,
  ]);
  const edited = lines.with(FIRST_END + 2, (lines[FIRST_END + 2] ?? "").replace("tester", "texter"));
  expect(codes(await verifyLines(edited, { sealed: sealAt(FIRST_END) }))).toEqual([
    `RESUMED_AFTER_SEAL ${FIRST_END}`,
    `EDITED ${FIRST_END + 2}`,
  ]);
});

test("a log that was cut back to its first end is truncated for the seal of the second", async () => {
  const report = await verifyLines(lines.slice(0, FIRST_END), { sealed: sealAt(lines.length) });
  expect(codes(report)).toEqual([`TRUNCATED ${FIRST_END}`]);
});

test("a receipt for a line behind the first end finds that the log was cut back to it", async () => {
  const expected = new Map([[FIRST_END + 1, hashOf(lines[FIRST_END + 1])]]);
  expect(codes(await verifyLines(lines.slice(0, FIRST_END), { expected }))).toEqual([`TRUNCATED ${FIRST_END}`]);
  expect(await verifyLines(lines, { expected })).toMatchObject({ ok: true });
});

test.each<[string, readonly RecordDraft[]]>([
  ["another record than run.resumed", [...failed, start("a", { attempt: 1 })]],
  ["a resumption that is not the first", [...failed, note(1), resumed()]],
  ["a resumption behind a success", [...begun([{ key: "a" }]), ...whole("a"), end("succeeded"), resumed()]],
  [
    "a resumption behind a cancellation",
    [...begun([{ key: "a" }]), about("job.skipped", "a"), end("cancelled"), resumed()],
  ],
  [
    "a resumption behind the end of a rollback",
    [...failed, resumed({ status: "rolling_back" }), end("rolled_back"), resumed()],
  ],
])("%s behind an end stands after the end, with a seal and without", async (_case, records) => {
  const said = linesOf(records);
  const ends = records.flatMap(({ event_type: type }, at) => (type === "run.completed" ? [at] : []));
  const last = (ends.at(-1) ?? 0) + 1;
  expect(codes(await verifyLines(said))).toEqual([`APPENDED_AFTER_SEAL ${last}`]);
});

test("a seal over records behind an end that is final does not make them lawful", async () => {
  const records = [
    ...begun([{ key: "a" }]),
    ...whole("a"),
    end("succeeded"),
    draft("artifact.emitted", { job_key: "a" }),
  ];
  const said = linesOf(records);
  const tree = new MerkleTree();
  for (const line of said) tree.add(line);
  const merkleRoot = tree.root().toString("base64url");
  const planHash = records[0]?.plan_hash ?? "";
  const sealed = { runId: PLAN_RUN, size: said.length, head: hashOf(said.at(-1)), merkleRoot, planHash };
  expect(codes(await verifyLines(said, { sealed }))).toEqual([`ILLEGAL_TRANSITION ${said.length - 1}`]);
});

test("a resumption whose line was changed is an edit, and one that does not hang on the end is no resumption", async () => {
  const edited = lines.with(FIRST_END, (lines[FIRST_END] ?? "").replace("disk", "dusk"));
  expect(codes(await verifyLines(edited))).toEqual([`EDITED ${FIRST_END}`]);
  const [other] = referenceLines(PLAN_RUN, [resumed()], eventIds());
  expect(await verifyLines([...lines.slice(0, FIRST_END), other ?? ""])).toMatchObject({ ok: false });
});

test("half a line behind a failed end is a torn tail, and behind a success it stands after the end", async () => {
  const text = (count: number): string =>
    lines
      .slice(0, count)
      .map((line) => `${line}\n`)
      .join("");
  const half = '{"event_id":"01"';
  const behind = async (count: number) => codes(await verifyBytes([Buffer.from(`${text(count)}${half}`)]));
  expect(await behind(FIRST_END)).toEqual([`TORN_TAIL ${FIRST_END}`]);
  expect(await behind(lines.length)).toEqual([`APPENDED_AFTER_SEAL ${lines.length}`]);
});

test("a run can be opened again as often as it fails, and every prefix of its log holds", async () => {
  const rounds = fc.array(fc.constantFrom("fails", "is in vain"), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(rounds, fc.nat(), async (said, cut) => {
      let attempt = 0;
      const records = [...failed];
      for (const round of said) {
        attempt += round === "fails" ? 1 : 0;
        records.push(resumed(), ...(round === "fails" ? failing("a", { attempt }) : []), end("failed"));
      }
      records.push(resumed(), ...whole("a", { attempt: attempt + 1 }), end("succeeded"));
      const all = linesOf(records);
      const length = 1 + (cut % all.length);
      const report = await verifyLines(all.slice(0, length));
      expect(report.problems).toEqual([]);
      expect(report.complete).toBe(records[length - 1]?.event_type === "run.completed");
      const more = linesOf([...records, completed()]);
      expect(codes(await verifyLines(more))).toEqual([`APPENDED_AFTER_SEAL ${records.length}`]);
    }),
    { numRuns: 100 },
  );
});
