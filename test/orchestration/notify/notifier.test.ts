import { describe, expect, test } from "vitest";
import { createMemoryStore } from "#evidence";
import type { StoredRecord } from "#evidence";
import { Fault } from "#model";
import type { ExecutionResult, Job, NotificationDeclaration } from "#model";
import { Notifier } from "#orchestration";
import { notificationJobId } from "../../../src/orchestration/notify/notification-job.ts";
import { plainLine } from "../../../src/orchestration/notify/plain-line.ts";
import { RunWatch } from "../../../src/orchestration/notify/run-watch.ts";
import { ManualClock } from "../../support/clock.ts";
import { atRest, createRunBench, declaredJob, submitted } from "../run/support/run-bench.ts";

/** The way does not matter: nobody sends here. */
const HOOK: NotificationDeclaration = { on: ["success", "failure", "gate"], webhook: { url: "https://example.com/" } };

/** A store on which a run has ended that notifies, and a notifier whose jobs go to `submit`. */
async function bench(submit: (job: Job) => Promise<Partial<ExecutionResult>>) {
  const told: StoredRecord[] = [];
  let ids = 0;
  const store = createMemoryStore({
    newEventId: () => `event-${(ids += 1)}`,
    onCommit: (appends) => {
      for (const { runId, records } of appends) {
        told.push(...records);
        holder.notifier?.take(runId, records);
      }
    },
  });
  const holder: { notifier?: Notifier } = {};
  const clock = new ManualClock();
  const problems: string[] = [];
  const jobs = {
    async submit(job: Job) {
      const result = submit(job) as Promise<ExecutionResult>; // a part of it is looked at
      return await Promise.resolve({ jobId: job.jobId, runId: job.jobId, attached: false, ended: false, result });
    },
  };
  const notifier = new Notifier({ store, clock, jobs, onProblem: (runId, why) => problems.push(`${runId}: ${why}`) });
  holder.notifier = notifier;
  await notifier.open();
  const runs = createRunBench(() => "ok", { store, types: ["webhook.post"] });
  return { store, notifier, clock, problems, runs, told };
}

/** A record with what is looked at. */
function record(event_type: string, rest: object = {}): StoredRecord["record"] {
  return { event_type, ...rest } as StoredRecord["record"]; // the rest of it is not looked at
}

async function turns(): Promise<void> {
  for (let count = 0; count < 50; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

const PLAN = submitted([declaredJob("one")], { notifications: [HOOK, HOOK] });
const ASKED = { actor: "ada", reason: "" };

describe("a notifier", () => {
  test("submits one job for each notification, when the end of the run is durable", async () => {
    const ids: string[] = [];
    const { runs, notifier, told, store } = await bench((job) => {
      ids.push(job.jobId);
      expect(told.at(-1)?.record.event_type).toBe("run.completed");
      return Promise.resolve({ finalStatus: "COMPLETED" });
    });
    const { runId } = await runs.runner.create(PLAN, ASKED);
    await atRest(runs.runner, runId);
    await notifier.drain({ graceMs: 1000 });
    const last = ((await store.head(runId))?.size ?? 0) - 1;
    expect(ids).toEqual([`${runId}.notify.${last}.0`, `${runId}.notify.${last}.1`]);
  });

  test("asks again later when a job is refused for want of room", async () => {
    let refusals = 2;
    const ids: string[] = [];
    const made = await bench(() => Promise.resolve({ finalStatus: "COMPLETED" }));
    const { store, runs } = made;
    const clock = new ManualClock();
    const problems: string[] = [];
    const notifier = new Notifier({
      store,
      clock,
      jobs: {
        submit(job) {
          if ((refusals -= 1) >= 0) return Promise.reject(new Fault("LIMIT_EXCEEDED", "full"));
          ids.push(job.jobId);
          const result = Promise.resolve({ finalStatus: "COMPLETED" } as ExecutionResult); // the part that is looked at
          return Promise.resolve({ jobId: job.jobId, runId: job.jobId, attached: false, ended: false, result });
        },
      },
      onProblem: (_runId, why) => problems.push(why),
    });
    const { runId } = await runs.runner.create(PLAN, ASKED);
    await atRest(runs.runner, runId);
    await notifier.catchUp();
    for (let wait = 0; wait < 2; wait += 1) {
      await turns();
      expect(ids).toEqual([]);
      clock.advance(5000);
    }
    await turns();
    expect(ids).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  test("lets one that is refused not keep the other, and says why", async () => {
    const ids: string[] = [];
    const { runs, notifier, problems } = await bench((job) => {
      ids.push(job.jobId);
      return Promise.resolve({ finalStatus: ids.length === 1 ? "FAILED" : "COMPLETED", finalReason: "no such host" });
    });
    const { runId } = await runs.runner.create(PLAN, ASKED);
    await atRest(runs.runner, runId);
    await notifier.drain({ graceMs: 1000 });
    await turns();
    expect(ids).toHaveLength(2);
    expect(problems).toEqual([`${runId}: ${ids[0] ?? ""} is FAILED: no such host`]);
  });

  test("tells of nothing that a plan does not ask for", async () => {
    const ids: string[] = [];
    const { runs, notifier } = await bench((job) => {
      ids.push(job.jobId);
      return Promise.resolve({ finalStatus: "COMPLETED" });
    });
    const only: readonly NotificationDeclaration[] = [{ ...HOOK, on: ["gate"] }];
    const { runId } = await runs.runner.create(submitted([declaredJob("one")], { notifications: only }), ASKED);
    await atRest(runs.runner, runId);
    const silent = await runs.runner.create(submitted([declaredJob("one")]), ASKED);
    await atRest(runs.runner, silent.runId);
    await notifier.catchUp();
    await notifier.drain({ graceMs: 1000 });
    expect(ids).toEqual([]);
  });
});

describe("what a notification is called and says", () => {
  test("has a job id of at most 128 characters that differs for runs whose ids begin alike", () => {
    const name = { seq: 9_999_999, place: 19 };
    const ids = ["a".repeat(128), `${"a".repeat(127)}b`, "a"].map((runId) => notificationJobId({ runId, ...name }));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
    expect(ids[2]).toBe("a.notify.9999999.19");
  });

  test("is one line without control characters, cut at its bound and at no half of a character", () => {
    expect(plainLine(" a\r\nBcc: b\u2028c\u202Ed\u0000e\u007F ", 100)).toBe("a Bcc: b c d e");
    expect(plainLine("x".repeat(10), 10)).toBe("x".repeat(10));
    expect(plainLine("x".repeat(11), 10)).toBe(`${"x".repeat(9)}\u2026`);
    expect(plainLine(`${"x".repeat(8)}\u{1F600}yy`, 10)).toBe(`${"x".repeat(8)}\u2026`);
    expect(plainLine("\uD800", 10).isWellFormed()).toBe(true);
  });

  test("is looked for only in runs that say so, and in those whose beginning was not seen", () => {
    const watch = new RunWatch();
    const completed = record("run.completed", { status: "failed" });
    expect(watch.isDue("direct", completed)).toBe(false);
    watch.isDue("plan", record("run.created", { job_keys: ["a"], data: { notify_on: ["failure"] } }));
    expect(watch.isDue("plan", completed)).toBe(true);
    expect(watch.isDue("plan", completed)).toBe(false);
    watch.isDue("plan", record("run.resumed"));
    expect(watch.isDue("plan", record("run.state_changed", { status: "blocked", data: { cause: "gate" } }))).toBe(true);
    expect(watch.isDue("plan", record("run.state_changed", { status: "blocked", data: { cause: "in_doubt" } }))).toBe(
      false,
    );
    watch.add("old");
    expect(watch.isDue("old", completed)).toBe(true);
  });
});
