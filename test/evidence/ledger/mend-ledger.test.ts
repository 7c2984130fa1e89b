import { expect, test } from "vitest";
import { createMemoryStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { canonicalJson } from "../../../src/evidence/canonical-json.ts";
import type { CreatedLeaf, SealedLeaf } from "../../../src/evidence/ledger/leaf.ts";
import { mendLedger, mendSeals } from "../../../src/evidence/ledger/mend-ledger.ts";
import type { RunLedger } from "../../../src/evidence/ledger/run-ledger.ts";
import { created as firstRecord } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { created, sealed } from "./support/leaves.ts";

/** A ledger that only notes what it is told. */
class NotingLedger implements RunLedger {
  readonly leaves: (CreatedLeaf | SealedLeaf)[] = [];
  readonly checkpoint = "";
  readonly halted = undefined;
  readonly newestRun: string | undefined;
  readonly unsealedRuns: readonly string[];

  constructor(newestRun?: string, unsealedRuns: readonly string[] = []) {
    this.newestRun = newestRun;
    this.unsealedRuns = unsealedRuns;
  }

  created(leaf: CreatedLeaf): void {
    this.leaves.push(leaf);
  }

  sealed(leaf: SealedLeaf): void {
    this.leaves.push(leaf);
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function storeOf(count: number): Promise<EvidenceStore> {
  const store = createMemoryStore({ newEventId: eventIds() });
  for (let number = 0; number < count; number += 1)
    await store.append(`run-${number}`, 0, [firstRecord(`run-${number}`, { plan_hash: created("any").plan_hash })]);
  return store;
}

test("a ledger that knows nothing is given every run of the store, oldest first, by its first line", async () => {
  const store = await storeOf(250);
  const ledger = new NotingLedger();
  expect(await mendLedger(ledger, store)).toEqual(Array.from({ length: 250 }, (_none, at) => `run-${at}`));
  const [first] = await store.read("run-0", -1, 1);
  expect(ledger.leaves).toHaveLength(250);
  expect(ledger.leaves[0]).toEqual({
    kind: "run.created",
    run_id: "run-0",
    first_hash: first?.record.hash,
    plan_hash: first?.record.plan_hash,
  });
});

test("a ledger is given the runs after the newest that it knows, in the order in which they were created", async () => {
  const ledger = new NotingLedger("run-4");
  expect(await mendLedger(ledger, await storeOf(8))).toEqual(["run-5", "run-6", "run-7"]);
  expect(ledger.leaves.map((leaf) => leaf.run_id)).toEqual(["run-5", "run-6", "run-7"]);
  expect(await mendLedger(new NotingLedger("run-7"), await storeOf(8))).toEqual([]);
});

test("a ledger whose newest run the store does not have is given nothing, and the start is told", async () => {
  const ledger = new NotingLedger("run-9");
  await expect(mendLedger(ledger, await storeOf(8))).rejects.toMatchObject({ code: "EVIDENCE_BROKEN" });
  expect(ledger.leaves).toEqual([]);
});

test("seals that are there become leaves, and runs without one do not", async () => {
  const { kind: _kind, statement_hash: _hash, ...predicate } = sealed("run-1");
  const statement = Buffer.from(canonicalJson({ predicate }));
  const ledger = new NotingLedger("run-2", ["run-0", "run-1"]);
  await mendSeals(ledger, (runId) => Promise.resolve(runId === "run-1" ? statement : undefined));
  expect(ledger.leaves).toMatchObject([{ kind: "run.sealed", run_id: "run-1", size: 10, head: predicate.head }]);
});

test("of runs that were opened again the seal that is there is told as well, whatever the ledger knows of them", async () => {
  const { kind: _kind, statement_hash: _hash, ...said } = sealed("run-1", 20);
  const predicate = { ...said, earlier_ends: [{ size: 10, head: said.head }] };
  const statement = Buffer.from(canonicalJson({ predicate }));
  const ledger = new NotingLedger("run-2", ["run-0"]);
  await mendSeals(ledger, (runId) => Promise.resolve(runId === "run-1" ? statement : undefined), ["run-1"]);
  expect(ledger.leaves).toMatchObject([{ kind: "run.sealed", run_id: "run-1", size: 20, continues: 10 }]);
});
