import { expect, test } from "vitest";
import type { EvidenceStore } from "#evidence";
import type { JsonObject } from "#model";
import {
  activated,
  completedContract,
  failedContract,
  rollback,
  rollout,
  submitted,
  transitioned,
  verdict,
} from "../evidence/support/contract-log.ts";
import { completed, created, note, resumed } from "../evidence/support/drafts.ts";
import { eventIds } from "../evidence/support/event-ids.ts";
import { drained, linesOf, seqs, upTo } from "../evidence/support/logs.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

const ids = (heads: readonly { readonly runId: string }[]): readonly string[] => heads.map(({ runId }) => runId);

/** A contract that is carried out and whose audit fails: some records an append, as they come. */
async function failedBy(store: EvidenceStore, contractId = "c-1"): Promise<number> {
  const records = failedContract();
  await store.append(contractId, 0, records.slice(0, 3));
  await store.append(contractId, 3, records.slice(3));
  return records.length;
}

const factsOf = (bytes: number): JsonObject => ({ decider: "audit", facts: { text: "x".repeat(bytes) } });

/** Logs of contracts, whose last state is not their last record. */
export function contractLaws(subject: StoreSubject): void {
  test("a contract is open until it is in a state that it cannot leave", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    for (const [at, record] of completedContract().entries()) {
      await store.append("c-1", at, [record]);
      const completedNow = at === completedContract().length - 1;
      expect(await store.head("c-1")).toMatchObject({ size: at + 1, completed: completedNow });
      expect(ids(await store.openRuns())).toEqual(completedNow ? [] : ["c-1"]);
    }
  });

  test.each(["COMPLETED", "FAILED", "REJECTED", "EXPIRED"])("a contract that is %s is not open", async (status) => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("c-1", 0, [submitted(), transitioned("DRAFT", status, { version: 2 })]);
    await store.append("c-2", 0, [submitted()]);
    expect(await store.head("c-1")).toMatchObject({ completed: true });
    expect(ids(await store.openRuns())).toEqual(["c-2"]);
  });

  test("open contracts are exactly those that are not terminal, whatever was told of them since", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("draft", 0, [submitted()]);
    await store.append("active", 0, activated());
    await store.append("done", 0, [...completedContract(), rollout("PLANNED")]);
    const size = await failedBy(store, "undone");
    await store.append("undone", size, [rollback("STARTED"), rollback("COMPLETED")]);
    await store.append("active", activated().length, [verdict("audit", "INCONCLUSIVE")]);
    expect(ids(await store.openRuns())).toEqual(["draft", "active"]);
    if (!subject.outlivesProcess) return;
    const again = await opened.reopen();
    expect(ids(await again.openRuns())).toEqual(["draft", "active"]);
    expect(await again.head("undone")).toMatchObject({ size: size + 2, completed: true });
  });

  test("behind a terminal state verdicts, rollback and rollout are taken, one append after the other", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const size = await failedBy(store);
    const behind = [rollback("STARTED"), verdict("audit", "PASS"), rollback("COMPLETED"), rollout("NOT_VISIBLE")];
    for (const [offset, record] of behind.entries()) {
      await store.append("c-1", size + offset, [record]);
      expect(await store.head("c-1")).toMatchObject({ size: size + offset + 1, completed: true });
    }
    expect(ids(await store.reopenedRuns())).toEqual(["c-1"]);
    if (!subject.outlivesProcess) return;
    const lines = await linesOf(store, "c-1");
    const again = await opened.reopen();
    expect(await linesOf(again, "c-1")).toEqual(lines);
    await again.append("c-1", lines.length, [rollout("PLANNED")]);
    expect(await again.head("c-1")).toMatchObject({ size: lines.length + 1, completed: true });
  });

  test("behind a terminal state nothing else is taken, and nothing is left of what was refused", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const size = await failedBy(store);
    for (const record of [transitioned("FAILED", "ACTIVE", { version: 7 }), submitted(), resumed(), note(1)]) {
      const refused = store.append("c-1", size, [record]);
      await expect(refused).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    }
    const both = [rollback("STARTED"), transitioned("FAILED", "ACTIVE", { version: 7 })];
    await expect(store.append("c-1", size, both)).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    await expect(store.append("c-1", size - 1, [rollback("STARTED")])).rejects.toMatchObject({
      code: "SEQUENCE_CONFLICT",
    });
    expect(await store.head("c-1")).toMatchObject({ size, completed: true });
  });

  test("behind the end of a run nothing of a contract is taken", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1"), completed()]);
    for (const record of [verdict("audit", "PASS"), rollback("STARTED"), rollout("PLANNED")])
      await expect(store.append("run-1", 2, [record])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
  });

  test("a terminal state and what follows it may be asked for in one turn", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const records = failedContract();
    await Promise.all([
      store.append("c-1", 0, records),
      store.append("c-1", records.length, [rollback("STARTED")]),
      store.append("c-1", records.length + 1, [rollback("COMPLETED")]),
    ]);
    expect(await store.head("c-1")).toMatchObject({ size: records.length + 2, completed: true });
    expect(await store.openRuns()).toEqual([]);
  });

  test("a full disk that refuses new contracts does not refuse to tell how one is undone", async () => {
    let full = false;
    const guardNewRun = (): void => {
      if (full) throw new Error("no room for another run");
    };
    await using opened = openStore(subject, { newEventId: eventIds(), guardNewRun });
    const { store } = opened;
    const size = await failedBy(store);
    full = true;
    await expect(store.append("c-2", 0, [submitted()])).rejects.toThrow("no room for another run");
    await store.append("c-1", size, [rollback("STARTED")]);
  });

  test("a tail of a contract ends when it is terminal and all is read, also what stands behind", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const records = failedContract();
    await store.append("c-1", 0, records.slice(0, 3));
    const rest = drained(store.tail("c-1", -1));
    await store.append("c-1", 3, [...records.slice(3), rollback("STARTED")]);
    expect(seqs(await rest)).toEqual(upTo(records.length + 1));
    expect(seqs(await drained(store.tail("c-1", records.length - 1)))).toEqual([records.length]);
  });

  test("what a record of a contract holds stands in its line up to the bound of an append", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("c-1", 0, [submitted(), verdict("audit", "PASS", { data: factsOf(3 * 1024 * 1024) })]);
    const [large] = await store.read("c-1", 0, 1);
    expect(large?.record.data).toEqual(factsOf(3 * 1024 * 1024));
    const tooLarge = store.append("c-1", 2, [verdict("audit", "PASS", { data: factsOf(4 * 1024 * 1024) })]);
    await expect(tooLarge).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  });
}
