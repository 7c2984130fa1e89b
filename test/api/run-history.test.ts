import { describe, expect, test } from "vitest";
import { AttemptStatus, RunStatus } from "../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import { LIMITS } from "#model";
import { planCreated } from "../conformance/run-history.ts";
import { completed, draft } from "../evidence/support/drafts.ts";
import { request, startHouse } from "./support/house.ts";
import type { House } from "./support/house.ts";

const at = (second: number) => `2026-11-21T00:00:0${second}.000Z`;
const time = (second: number) => ({ seconds: BigInt(Date.parse(at(second)) / 1000), nanos: 0 });

async function put(house: House, runId: string, second: number): Promise<void> {
  await house.store.append(runId, 0, [planCreated(`plan of ${runId}`, { timestamp_utc: at(second) })]);
}

async function listed(house: House, filter: Parameters<House["client"]["runs"]["listRuns"]>[0]) {
  return (await house.client.runs.listRuns(filter)).runs.map(({ runId }) => runId);
}

describe("the list of runs over the wire", () => {
  test("runs come the newest first, by name, state and time", async () => {
    await using house = await startHouse();
    for (const second of [1, 2, 3]) await put(house, `r${second}`, second);
    await house.store.append("r2", 1, [completed()]);
    await house.client.executor.executeJob(request("direct", ["test.echo"]));
    expect(await listed(house, {})).toEqual(["r3", "r2", "r1"]);
    expect(await listed(house, { nameContains: "of r1" })).toEqual(["r1"]);
    expect(await listed(house, { statuses: [RunStatus.SUCCEEDED] })).toEqual(["r2"]);
    expect(await listed(house, { createdAfter: time(2) })).toEqual(["r3", "r2"]);
    expect(await listed(house, { createdBefore: time(2) })).toEqual(["r1"]);
  });

  test("a time that no calendar has is the caller's mistake and is named", async () => {
    await using house = await startHouse();
    const asked = { createdAfter: { seconds: 2n ** 60n, nanos: 0 }, createdBefore: { seconds: 0n, nanos: -1 } };
    await expect(house.client.runs.listRuns(asked)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: [{ field: "created_after" }, { field: "created_before" }],
    });
  });

  test("a page goes on where the one before ended, whatever runs came in meanwhile", async () => {
    await using house = await startHouse();
    for (const second of [1, 2, 3, 4]) await put(house, `r${second}`, second);
    const first = await house.client.runs.listRuns({ pageSize: 2 });
    await put(house, "r9", 9);
    const second = await house.client.runs.listRuns({ pageSize: 2, pageToken: first.nextPageToken });
    expect(second.runs.map(({ runId }) => runId)).toEqual(["r2", "r1"]);
    expect(second.nextPageToken).toBe("");
  });

  test("a page is shorter where its runs say much, and nothing is left out of the pages", async () => {
    await using house = await startHouse();
    const reason = "\u20AC".repeat(LIMITS.errorCharacters);
    for (let run = 0; run < 200; run += 1)
      await house.store.append(`r${run}`, 0, [planCreated("p"), { ...completed(), status: "failed", reason }]);
    const found: string[] = [];
    let pageToken = "";
    do {
      const page = await house.client.runs.listRuns({ pageSize: 1000, pageToken });
      found.push(...page.runs.map(({ runId }) => runId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(new Set(found).size).toBe(200);
    expect(found).toHaveLength(200);
  });

  test("a token that no page gave, a page too large and a name too long are refused together", async () => {
    await using house = await startHouse();
    const asked = { pageToken: "not one", pageSize: 1001, nameContains: "x".repeat(129) };
    await expect(house.client.runs.listRuns(asked)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: ["page_size", "page_token", "name_contains"].map((field) => ({
        field,
        description: expect.anything(),
      })),
    });
    expect(await listed(house, { pageSize: 1000, nameContains: "x".repeat(128) })).toEqual([]);
  });
});

describe("the history of a run over the wire", () => {
  test("attempts come with what they used, page by page, and words on the first page alone", async () => {
    await using house = await startHouse();
    const attempts = [0, 1, 2].flatMap((attempt) => [
      draft("job.started", { job_key: "build", job_id: `r/build/${attempt}`, attempt }),
      draft("job.failed", { job_key: "build", attempt, error_class: "timeout", duration_seconds: 2, reason: "late" }),
      draft("job.retried", { job_key: "build", attempt: attempt + 1, data: { delay_ms: 1000 } }),
    ]);
    const word = draft("run.resumed", { actor: "bea", reason: "again" });
    const other = draft("job.started", { job_key: "test", job_id: "r/test/0" });
    await house.store.append("r", 0, [planCreated("ship", { actor: "ann" }), ...attempts, other, word]);
    const first = await house.client.runs.getHistory({ runId: "r", jobKey: "build", pageSize: 2 });
    expect(first).toMatchObject({
      run: { runId: "r", name: "ship", submittedBy: "ann", status: RunStatus.EXECUTING },
      why: "a release",
      contractId: "contract-1",
      direct: false,
      words: [{ seq: 11n, eventType: "run.resumed", actor: "bea", reason: "again" }],
    });
    expect(first.attempts[0]).toMatchObject({
      jobKey: "build",
      attempt: 0,
      jobId: "r/build/0",
      planHash: "plan-1",
      status: AttemptStatus.FAILED,
      errorClass: "timeout",
      reason: "late",
      durationSeconds: 2,
      retryDelayMs: 1000n,
    });
    const next = { runId: "r", jobKey: "build", pageSize: 2, pageToken: first.nextPageToken };
    const second = await house.client.runs.getHistory(next);
    expect(second.attempts.map(({ attempt }) => attempt)).toEqual([2]);
    expect([second.nextPageToken, second.words]).toEqual(["", []]);
    expect((await house.client.runs.getHistory({ runId: "r" })).attempts).toHaveLength(4);
  });

  test("a direct job has one too, and a run that is not there has none", async () => {
    await using house = await startHouse();
    await house.client.executor.executeJob(request("direct", ["test.echo"]));
    expect(await house.client.runs.getHistory({ runId: "direct" })).toMatchObject({
      direct: true,
      run: { status: RunStatus.SUCCEEDED },
      attempts: [{ jobKey: "job", attempt: 0, jobId: "direct", status: AttemptStatus.SUCCEEDED }],
    });
    await expect(house.client.runs.getHistory({ runId: "none" })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });
});
