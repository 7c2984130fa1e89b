import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { DatabaseServer } from "../support/database-process.ts";
import { SchemaOwner } from "../support/evidence-schema.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { SharedWriter } from "./shared-store.ts";
import type { SharedPlace } from "./shared-store.ts";

/** `npm run faults:fence` asks for more. */
const ROUNDS = Number(process.env["VERBATIM_FAULT_FENCES"] ?? 10);
const RUNS_A_ROUND = 3;
const LEASE_MS = 300;
const LOOK_AGAIN_MS = 25;
/** Notes of the second writer begin here. */
const OTHERS = 1_000_000;

let server: DatabaseServer;

beforeAll(async () => {
  server = await startPostgres({ syncs: true });
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function takenOver(by: SharedWriter, runIds: readonly string[]): Promise<void> {
  const taken = new Set<string>();
  for (const endMs = performance.now() + 20 * LEASE_MS; runIds.some((runId) => !taken.has(runId));) {
    const found = (await by.ask({ do: "take over" })) as readonly { readonly runId: string }[]; // as shared-store-process.ts answers
    for (const { runId } of found) taken.add(runId);
    if (performance.now() > endMs) throw new Error(`only ${[...taken].join(", ")} were taken over`);
    await pause(LOOK_AGAIN_MS);
  }
}

async function read(by: SharedWriter, runId: string): Promise<readonly string[]> {
  return (await by.ask({ do: "read", runId })) as readonly string[]; // as shared-store-process.ts answers
}

/** How the first writer is kept from its work for longer than its lease. */
const AWAY: Readonly<Record<string, (writer: SharedWriter) => () => Promise<void>>> = {
  "was stopped": (writer) => {
    writer.signal("SIGSTOP");
    return async () => writer.signal("SIGCONT");
  },
  "stood still in its event loop": (writer) => {
    const awake = writer.ask({ do: "block", milliseconds: 5 * LEASE_MS });
    return async () => void (await awake);
  },
};

test.each([
  ["was stopped", ROUNDS],
  ["stood still in its event loop", Math.ceil(ROUNDS / 5)],
])(
  "P2 a writer that %s beyond its lease gets nothing into runs that were taken over, in %i rounds",
  async (how, rounds) => {
    await using directories = await scratchDirectory();
    const place: SharedPlace = { url: server.url, schema: `fence_${rounds}`, leaseMs: LEASE_MS };
    await using first = await SharedWriter.start(place, `${directories.path}/first`);
    await using second = await SharedWriter.start(place, `${directories.path}/second`);
    for (let round = 0; round < rounds; round += 1) {
      const runIds = Array.from({ length: RUNS_A_ROUND }, (_nothing, number) => `round-${round}-${number}`);
      await first.ask({ do: "flood", runIds });
      await first.until(() => runIds.every((runId) => (first.told.get(runId)?.length ?? 0) > 3 + (round % 5)));
      const goOn = AWAY[how]?.(first);
      await takenOver(second, runIds);
      for (const runId of runIds) await second.ask({ do: "go on", runId, from: OTHERS, ends: false });
      const size = new Map<string, number>();
      for (const runId of runIds) size.set(runId, (await read(second, runId)).length);
      await goOn?.();
      await first.until(() => runIds.every((runId) => first.refused.has(runId)));
      for (const runId of runIds) {
        expect(first.refused.get(runId)).toBe("RUN_FENCED");
        await second.ask({ do: "go on", runId, from: OTHERS + 2, ends: true });
        const lines = await read(second, runId);
        expect(lines.length).toBe((size.get(runId) ?? 0) + 3);
        expect(await verifyLines(lines, { laws: false })).toMatchObject({ ok: true, complete: true });
        const ofFirst = lines.filter((line) => !/"number":10000\d\d/.test(line) && !line.includes("run.completed"));
        expect(lines.slice(0, ofFirst.length)).toEqual(ofFirst); // nothing of the first stands behind the second
        const told = first.told.get(runId) ?? [];
        expect(ofFirst.slice(0, told.length)).toEqual(told); // and nothing that was told is gone
        expect(ofFirst.length - told.length).toBeLessThanOrEqual(1); // of one append nobody was told
      }
    }
  },
  600_000,
);

test("P2 a lease that is renewed is never taken over, and one that ran out unused begins anew under a new epoch", async () => {
  await using directories = await scratchDirectory();
  const place: SharedPlace = { url: server.url, schema: "lapse", leaseMs: LEASE_MS };
  await using first = await SharedWriter.start(place, `${directories.path}/first`);
  await using second = await SharedWriter.start(place, `${directories.path}/second`);
  await using owner = new SchemaOwner(server.url, "lapse");
  const epoch = async (): Promise<string | undefined> =>
    (await owner.ask<{ epoch: string }>("SELECT epoch FROM $.claims"))[0]?.epoch;
  await first.ask({ do: "flood", runIds: ["run-1"] });
  await pause(3 * LEASE_MS); // it lives, so it renews
  expect(await second.ask({ do: "take over" })).toEqual([]);
  const { code } = (await second.ask({ do: "go on", runId: "run-1", from: OTHERS, ends: false })) as {
    readonly code: string; // as shared-store-process.ts answers
  };
  expect(["RUN_FENCED", "SEQUENCE_CONFLICT"]).toContain(code); // the log grows while the second one looks
  const before = await epoch();
  first.signal("SIGSTOP");
  await pause(2 * LEASE_MS);
  first.signal("SIGCONT");
  const told = first.told.get("run-1")?.length ?? 0;
  await first.until(() => (first.told.get("run-1")?.length ?? 0) > told + 5);
  expect(Number(await epoch())).toBeGreaterThan(Number(before));
  expect(await verifyLines(await read(second, "run-1"), { laws: false })).toMatchObject({ ok: true });
}, 60_000);
