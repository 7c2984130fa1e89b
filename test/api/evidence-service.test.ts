import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { collect, request, startHouse, stepType } from "./support/house.ts";
import type { House } from "./support/house.ts";

async function houseWithRun(steps = 3): Promise<House> {
  const house = await startHouse();
  await house.client.executor.executeJob(
    request(
      "job-1",
      Array.from({ length: steps }, () => "test.echo"),
    ),
  );
  return house;
}

async function linesOf(house: House, options: { afterSeq?: bigint; follow?: boolean } = {}): Promise<string[]> {
  const pages = await collect(house.client.evidence.readLog({ runId: "job-1", ...options }));
  return pages.flatMap(({ lines }) => lines.map(({ line }) => Buffer.from(line).toString("utf8")));
}

describe("the log over the wire", () => {
  test.each([false, true])("the lines are those of the store, byte for byte, with follow = %s", async (follow) => {
    await using house = await houseWithRun();
    const stored = await house.store.read("job-1", -1, 1000);
    await expect(linesOf(house, { follow })).resolves.toEqual(stored.map(({ line }) => line));
  });

  test("what was read is verified by the reader himself", async () => {
    await using house = await houseWithRun();
    await expect(verifyLines(await linesOf(house))).resolves.toMatchObject({ ok: true, complete: true });
  });

  test("a reader gets the lines after the sequence number that he names, and none after the last", async () => {
    await using house = await houseWithRun();
    const all = await linesOf(house);
    for (const afterSeq of [0, 3, all.length - 2]) {
      await expect(linesOf(house, { afterSeq: BigInt(afterSeq) })).resolves.toEqual(all.slice(afterSeq + 1));
    }
    await expect(linesOf(house, { afterSeq: BigInt(all.length - 1) })).resolves.toEqual([]);
    await expect(linesOf(house, { afterSeq: 2n ** 64n - 1n })).resolves.toEqual([]);
  });

  test("a log of many pages comes whole, in order and in messages of about 64 KiB", async () => {
    await using house = await houseWithRun(600);
    const pages = await collect(house.client.evidence.readLog({ runId: "job-1" }));
    const sequences = pages.flatMap(({ lines }) => lines.map(({ seq }) => Number(seq)));
    expect(sequences).toEqual(Array.from(sequences.keys()));
    expect(sequences.length).toBeGreaterThan(1200);
    for (const { lines } of pages)
      expect(lines.reduce((sum, { line }) => sum + line.length, 0)).toBeLessThanOrEqual(64 * 1024);
  });

  test("whoever follows a running run gets its lines as they come and the end", async () => {
    await using house = await startHouse();
    const job = house.client.executor.executeJobStream({ job: request("job-1", ["test.wait"]) });
    await job.next();
    const follower = house.client.evidence.readLog({ runId: "job-1", follow: true });
    const first = await follower.next();
    expect(first.value?.lines.length).toBeGreaterThan(0);
    await house.client.executor.cancelJob({ jobId: "job-1", cancelledBy: "tester", reason: "enough" });
    const rest = await collect(follower);
    const last = Buffer.from(rest.at(-1)?.lines.at(-1)?.line ?? []).toString();
    expect(JSON.parse(last)).toMatchObject({ event_type: "run.completed" });
    await collect(job);
  });

  test("whoever reads a running run without following gets what is there now", async () => {
    await using house = await startHouse();
    const job = house.client.executor.executeJobStream({ job: request("job-1", ["test.wait"]) });
    await job.next();
    const lines = await linesOf(house);
    expect(JSON.parse(lines.at(-1) ?? "{}")).toMatchObject({ event_type: "step.started" });
    await house.client.executor.cancelJob({ jobId: "job-1", cancelledBy: "tester", reason: "enough" });
    await collect(job);
  });

  test("a run that is not there is NOT_FOUND in every method, and a bad id is refused", async () => {
    await using house = await startHouse();
    const { evidence } = house.client;
    const digest = "d".repeat(43);
    for (const [runId, code] of [
      ["nobody", "RUN_NOT_FOUND"],
      ["../x", "INVALID_REQUEST"],
    ] as const) {
      await expect(collect(evidence.readLog({ runId }))).rejects.toMatchObject({ code });
      await expect(collect(evidence.readLog({ runId, follow: true }))).rejects.toMatchObject({ code });
      await expect(evidence.verifyRun({ runId })).rejects.toMatchObject({ code });
      await expect(collect(evidence.readBlob({ runId, digest }))).rejects.toMatchObject({ code });
    }
  });
});

describe("the verification of a run by the server", () => {
  test("a run that holds together is told with its head and its size", async () => {
    await using house = await houseWithRun();
    const head = await house.store.head("job-1");
    await expect(house.client.evidence.verifyRun({ runId: "job-1" })).resolves.toMatchObject({
      ok: true,
      complete: true,
      records: BigInt(head?.size ?? 0),
      head: head?.hash,
      problems: [],
    });
  });

  test("a line that was changed is named with its number", async () => {
    await using inner = await houseWithRun();
    await using house = await startHouse({ store: tampering(inner.store, 3) });
    const verdict = await house.client.evidence.verifyRun({ runId: "job-1" });
    expect(verdict.ok).toBe(false);
    expect(verdict.problems[0]).toMatchObject({ line: 4n });
  });
});

describe("payloads beside the log", () => {
  test.each([1, 8 * 1024 + 1, 64 * 1024, 64 * 1024 + 1, 900_000])(
    "an output of %i bytes arrives with its digest",
    async (size) => {
      const text = "é".repeat(size);
      const big = stepType("test.big", () => ({ success: true, output: text }));
      await using house = await startHouse({ stepTypes: [big] });
      const { result } = await house.client.executor.executeJob(request("job-1", ["test.big"]));
      const told = JSON.parse(Buffer.from(result?.stepResults[0]?.outputJson ?? []).toString()) as
        | string
        | { $blob: string };
      if (typeof told === "string") {
        expect(told).toBe(text);
        return;
      }
      const parts = await collect(house.client.evidence.readBlob({ runId: "job-1", digest: told.$blob }));
      for (const { chunk } of parts) expect(chunk.length).toBeLessThanOrEqual(64 * 1024);
      const bytes = Buffer.concat(parts.map(({ chunk }) => chunk));
      expect(createHash("sha256").update(bytes).digest("base64url")).toBe(told.$blob);
      expect(JSON.parse(bytes.toString("utf8"))).toBe(text);
    },
  );

  test("a payload that is not there is NOT_FOUND, and what is no digest is refused", async () => {
    await using house = await houseWithRun();
    const { evidence } = house.client;
    const missing = collect(evidence.readBlob({ runId: "job-1", digest: "d".repeat(43) }));
    await expect(missing).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
    for (const digest of ["", "../../etc/passwd", "d".repeat(44)]) {
      const refused = collect(evidence.readBlob({ runId: "job-1", digest }));
      await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST", violations: [{ field: "digest" }] });
    }
  });
});

describe("the list of runs", () => {
  test("pages of any size give every run once, newest first", async () => {
    await using house = await startHouse();
    const ids = Array.from({ length: 7 }, (_, index) => `job-${index}`);
    for (const id of ids) await house.client.executor.executeJob(request(id, ["test.echo"]));
    for (const pageSize of [1, 2, 3, 7, 8, 0]) {
      const found: string[] = [];
      let pageToken = "";
      do {
        const answer = await house.client.evidence.listRuns({ pageSize, pageToken });
        if (pageSize > 0) expect(answer.runs.length).toBeLessThanOrEqual(pageSize);
        found.push(...answer.runs.map(({ runId }) => runId));
        pageToken = answer.nextPageToken;
      } while (pageToken !== "");
      expect(found).toEqual(ids.toReversed());
    }
  });

  test("a run is listed with the size and the head of its log", async () => {
    await using house = await houseWithRun();
    const head = await house.store.head("job-1");
    const { runs } = await house.client.evidence.listRuns({});
    expect(runs).toMatchObject([
      { runId: "job-1", logSize: BigInt(head?.size ?? 0), logHead: head?.hash, complete: true },
    ]);
  });

  test("a page token that the server did not give is refused", async () => {
    await using house = await startHouse();
    const call = house.client.evidence.listRuns({ pageToken: "%%%" });
    await expect(call).rejects.toMatchObject({ code: "INVALID_REQUEST", violations: [{ field: "page_token" }] });
  });
});

/** The same store, but one line reads otherwise. */
function tampering(store: EvidenceStore, seq: number): EvidenceStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === "close") return () => Promise.resolve();
      if (name !== "read") {
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      }
      return async (...rest: Parameters<EvidenceStore["read"]>) => {
        const records = await target.read(...rest);
        return records.map((stored) =>
          stored.record.seq === seq ? { ...stored, line: stored.line.replace("target-", "Target-") } : stored,
        );
      };
    },
  });
}
