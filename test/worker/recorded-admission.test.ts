import { describe, expect, test } from "vitest";
import { digest, verifyLines } from "#evidence";
import type { EvidenceStore, RecordDraft } from "#evidence";
import type { Json, JsonObject } from "#model";
import { declarePlan, openingOf } from "#worker";
import { linesOf } from "../evidence/support/logs.ts";
import { machineClock } from "../support/machine-clock.ts";
import { accept, ended, jobWith } from "./support/handed-jobs.ts";
import { bench, gatedJob } from "./support/worker-bench.ts";

/** What is wrong with the beginning of a log: changes its first record, or what lies beside it. */
const BREACHES: Readonly<
  Record<string, (created: RecordDraft, store: EvidenceStore) => Promise<Partial<RecordDraft>>>
> = {
  "records that a contract let it in": async ({ data }) => ({ data: { ...data, admission: "contract" } }),
  "records no admission": async ({ data }) => ({ data: { parameters: data?.["parameters"] ?? null } }),
  "does not say where its parameters lie": async () => ({ data: { admission: "open" } }),
  "names parameters that are not there": async () => withParameters({ $blob: "x".repeat(43), size: 1 }),
  "names other parameters": async (_created, store) => await beside(store, [{ other: true }]),
  "names the parameters of more steps": async (_created, store) => await beside(store, [{}, {}]),
  "names what are no parameters at all": async (_created, store) => await beside(store, "none"),
  "is that of somebody else's job": async () => ({ job_id: "b" }),
  "has another plan than its hash names": async ({ plan }) => ({
    plan: { ...(plan as JsonObject), executed_by: "mallory" }, // a small plan is in the line
  }),
};

const withParameters = (parameters: Json): Partial<RecordDraft> => ({ data: { admission: "open", parameters } });

async function beside(store: EvidenceStore, parameters: Json): Promise<Partial<RecordDraft>> {
  const bytes = Buffer.from(JSON.stringify(parameters));
  return withParameters({ $blob: await store.putBlob(bytes), size: bytes.length });
}

describe("P5 LAYER-07: a worker performs nothing whose admission does not stand in its log", () => {
  test.each(Object.entries(BREACHES))(
    "a log that %s is closed as failed, with nothing performed",
    async (what, breach) => {
      await using one = bench();
      const { store } = one;
      const job = gatedJob("a");
      const common = {
        store,
        clock: machineClock,
        executorVersion: "test",
        admission: "open",
        handedOver: true,
      } as const;
      const [created, ...others] = await openingOf(job, { ...common, plan: declarePlan(job) });
      if (created === undefined) throw new Error("an opening has records");
      await store.append("a", 0, [{ ...created, ...(await breach(created, store)) }, ...others]);
      one.worker.start();
      const records = await ended(store, "a");
      expect(one.begun).toEqual([]);
      expect(one.news).toMatchObject([{ kind: "refused" }]);
      expect(records.at(-2)).toMatchObject({
        event_type: "job.failed",
        status: "FAILED",
        reason: expect.stringContaining("Nothing is performed by it") as string,
      });
      const report = await verifyLines(await linesOf(store, "a"));
      expect(report).toMatchObject({ complete: true, ok: !/plan|somebody/.test(what) });
    },
  );

  test("a log under the name of another job is closed as failed, and one under that of its attempt is performed", async () => {
    await using one = bench();
    await accept(one.store, gatedJob("a"), "b");
    await accept(one.store, gatedJob("run/key/0"), `~${digest("run/key/0")}`);
    one.openGate();
    one.worker.start();
    expect((await ended(one.store, "b")).at(-2)).toMatchObject({ status: "FAILED" });
    expect((await ended(one.store, `~${digest("run/key/0")}`)).at(-2)).toMatchObject({ status: "COMPLETED" });
    expect(one.begun.map(({ idempotencyKey }) => idempotencyKey)).toEqual(["run/key/0/0"]);
  });

  test("the parameters of its job lie beside the log, and nothing of them stands in a line", async () => {
    await using one = bench();
    await accept(one.store, jobWith("a", [["gated", { word: "seven-league" }]]));
    const [created = ""] = await linesOf(one.store, "a");
    expect(created).toMatch(/"data":\{"admission":"open","parameters":\{"\$blob":"[\w-]{43}","size":\d+\}\}/);
    expect(created).not.toContain("seven-league");
  });
});
