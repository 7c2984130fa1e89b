import { randomUUIDv7 } from "node:crypto";
import { createWriteStream, rmSync } from "node:fs";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { hash } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createMemoryStore, verifyFile } from "#evidence";
import type { RecordDraft } from "#evidence";
import { freshDirectory } from "./child.ts";
import type { Measure, Sample } from "./measures.ts";

/** Records verified a second, and held to the laws, offline, from a file, beside hashing the same lines in a tight loop. */
export function verification(options: { readonly rounds: number; readonly records: number }): Measure {
  const { rounds, records } = options;
  async function* samples(): AsyncGenerator<Sample> {
    const directory = freshDirectory();
    const path = join(directory, "events.jsonl");
    await writeLog(path, records);
    for (let round = 0; round < rounds; round += 1) {
      const floor = await hashOnly(path);
      const start = performance.now();
      const report = await verifyFile(path);
      if (!report.ok || report.records !== records)
        throw new Error(`the log does not verify: ${report.problems[0]?.message}`);
      yield { ours: (records / (performance.now() - start)) * 1000, floor };
    }
    rmSync(directory, { recursive: true });
  }
  return {
    name: `offline verify of ${records} records`,
    unit: "records/s",
    floor: "hashing the lines alone",
    aim: ">= 0.5, or 250,000 records/s",
    samples: samples(),
  };
}

async function hashOnly(path: string): Promise<number> {
  let previous = "";
  let count = 0;
  const start = performance.now();
  for await (const line of createInterface({ input: createReadStream(path) })) {
    previous = hash("sha256", `${previous}\n${line}`, "base64url");
    count += 1;
  }
  return (count / (performance.now() - start)) * 1000;
}

async function writeLog(path: string, records: number): Promise<void> {
  const store = createMemoryStore({ newEventId: randomUUIDv7 });
  const file = createWriteStream(path);
  for (let seq = 0; seq < records; seq += 1000) {
    const drafts = Array.from({ length: Math.min(1000, records - seq) }, (_none, offset) =>
      runDraft(seq + offset, records),
    );
    for (const { line } of await store.append("bench", seq, drafts)) file.write(`${line}\n`);
  }
  file.end();
  await once(file, "finish");
  await store.close();
}

/** A record of a run of `records` in all, which keeps the laws: one job, whose steps succeed. */
function runDraft(seq: number, records: number): RecordDraft {
  const steps = (records - 4) / 2;
  const common = { timestamp_utc: "2026-01-01T00:00:00.000Z", actor: "bench", attempt: 0, job_id: "bench" };
  const job = { ...common, contract_id: "bench", job_key: "job" };
  const plan = { $blob: "A".repeat(43), size: 1 }; // of a million steps it lies beside the log
  if (seq === 0) return { event_type: "run.created", ...common, schema: "evidence/v1", steps_declared: steps, plan };
  if (seq === 1) return { event_type: "job.started", ...job };
  if (seq === records - 2) return { event_type: "job.succeeded", ...job, status: "COMPLETED" };
  if (seq === records - 1) return { event_type: "run.completed", ...common, status: "succeeded" };
  const index = (seq - 2) >> 1;
  return { ...draft(seq - 1), step_index: index, idempotency_key: `bench/${index}` };
}

/** A record as a step leaves it. */
export function draft(seq: number): RecordDraft {
  const timestamp = "2026-01-01T00:00:00.000Z";
  const common = { timestamp_utc: timestamp, actor: "bench", attempt: 0 };
  if (seq === 0)
    return { event_type: "run.created", ...common, schema: "evidence/v1", steps_declared: 0, plan: { steps: [] } };
  const step = { job_id: "bench", contract_id: "bench", step_index: seq >> 1, step_type: "no_op", target: "bench" };
  const key = { idempotency_key: `bench/${seq >> 1}` };
  if (seq % 2 === 1) return { event_type: "step.started", ...common, ...step, ...key };
  const result = { status: "COMPLETED", output: { no_op: true }, duration_seconds: 0.000_123, started_at: timestamp };
  return { event_type: "step.succeeded", ...common, ...step, ...key, ...result, health: HEALTH };
}

const HEALTH = {
  status: "HEALTHY",
  signals: {
    event_loop_delay_p50_ms: 1.21,
    event_loop_delay_p99_ms: 2.31,
    event_loop_delay_max_ms: 3.12,
    resident_bytes: 123_456_789,
    heap_used_bytes: 12_345_678,
    disk_free_bytes: 123_456_789_012,
  },
};
