import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { JobExecutor } from "#executor";
import { ManualClock } from "../support/clock.ts";
import { machineWith } from "../support/drive.ts";
import { admitted, jobOf } from "../support/job.ts";
import { aborted, handlerOf, never, succeed } from "../support/step-handler.ts";
import type { ScriptedHandler, SeenCall } from "../support/step-handler.ts";

/** A job of three steps under way, with everything that it could leave behind in sight. */
class Watched {
  readonly clock = new ManualClock();
  readonly cancel = new AbortController();
  readonly handler: ScriptedHandler;
  readonly batches: ReturnType<JobExecutor["executeJob"]>;

  constructor(answer: (call: SeenCall) => unknown = succeed) {
    this.handler = handlerOf(answer);
    const options = { clock: this.clock, signal: this.cancel.signal };
    this.batches = machineWith(this.handler).executeJob(admitted(jobOf(3, { timeoutSeconds: 60 })), options);
  }

  /** Timers and listeners that are armed now. */
  get held(): number {
    return this.clock.armed + getEventListeners(this.cancel.signal, "abort").length;
  }

  /** Takes so many batches. */
  async take(count: number): Promise<void> {
    for (let taken = 0; taken < count; taken += 1) await this.batches.next();
  }
}

const GIVEN_UP = undefined as never; // what a driver that gives up says; it is not used

describe("a driver that gives a job up", () => {
  it("before it was begun leaves nothing behind, and nothing was begun", async () => {
    const job = new Watched();
    expect(job.held).toBe(0);
    expect(await job.batches.return(GIVEN_UP)).toMatchObject({ done: true });
    expect([job.held, job.handler.calls.length]).toEqual([0, 0]);
  });

  it.each([1, 2, 3, 4])("after batch %i leaves nothing behind and nothing more is performed", async (taken) => {
    const job = new Watched();
    await job.take(taken);
    expect(job.held).toBe(2); // the job's deadline, and the caller's signal
    await job.batches.return(GIVEN_UP);
    expect([job.held, job.handler.calls.length]).toEqual([0, taken - 1]);
    expect(await job.batches.next()).toEqual({ done: true, value: undefined });
    expect(job.handler.calls).toHaveLength(taken - 1);
  });

  it("while a handler runs waits for the handler, and then leaves nothing behind", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const job = new Watched(async () => {
      await released;
      return succeed();
    });
    await job.take(1);
    const running = job.batches.next();
    const giving = job.batches.return(GIVEN_UP);
    expect(job.handler.calls).toHaveLength(1);
    release();
    expect((await running).value).toMatchObject([{ event_type: "step.succeeded" }, { event_type: "step.started" }]);
    expect((await giving).done).toBe(true);
    expect([job.held, job.handler.calls.length]).toEqual([0, 1]);
  });

  it("while a handler hangs waits no longer than its limit and its grace", async () => {
    const job = new Watched(never);
    await job.take(1);
    const running = job.batches.next();
    const giving = job.batches.return(GIVEN_UP);
    await job.clock.settle(giving);
    expect((await running).value).toMatchObject([{ event_type: "step.failed", reason: "job timed out after 60 s" }]);
    expect([job.held, job.clock.monotonicMs()]).toEqual([0, 65_000]);
  });

  it("with an error gets a result that says so, and the started step is in doubt", async () => {
    const job = new Watched();
    await job.take(2);
    const { done, value } = await job.batches.throw(new Error("the store is gone"));
    expect(done).toBe(true);
    expect(value).toMatchObject({
      finalStatus: "FAILED",
      finalReason: "Execution error: the store is gone",
      stepsExecuted: 1,
      stepsSucceeded: 1,
      stepsFailed: 0,
      stepsInDoubt: [{ stepIndex: 1, stepType: "act", target: "target-1" }],
      stepsNotRun: [{ stepIndex: 2 }],
    });
    expect([job.held, job.handler.calls.length]).toEqual([0, 1]);
  });
});

describe("a job that is driven to its end", () => {
  it("leaves nothing behind, however it ends", async () => {
    const endings: ((call: SeenCall) => unknown)[] = [succeed, () => "junk", never, ({ signal }) => aborted(signal)];
    for (const answer of endings) {
      const job = new Watched(answer);
      await job.clock.settle(
        (async () => {
          while ((await job.batches.next()).done !== true);
        })(),
      );
      expect(job.held).toBe(0);
    }
  });

  it("holds one deadline and one listener between two steps, however many there were", async () => {
    const job = new Watched();
    for (let taken = 0; taken < 4; taken += 1) {
      await job.take(1);
      expect(job.held).toBe(2);
    }
    expect((await job.batches.next()).done).toBe(true);
    expect(job.held).toBe(0);
  });

  it("gives its result once, and nothing after it", async () => {
    const job = new Watched();
    await job.take(4);
    expect(await job.batches.next()).toMatchObject({ done: true, value: { finalStatus: "COMPLETED" } });
    expect(await job.batches.next()).toEqual({ done: true, value: undefined });
  });

  it("answers a driver that asks too early in order, one batch at a time", async () => {
    const job = new Watched();
    const asked = await Promise.all([job.batches.next(), job.batches.next(), job.batches.next()]);
    expect(asked.map(({ value }) => (Array.isArray(value) ? value.length : 0))).toEqual([1, 2, 2]);
    expect(job.handler.calls.map(({ step }) => step.stepIndex)).toEqual([0, 1]);
  });
});

describe("two jobs on one machine", () => {
  it("run side by side without knowing of each other", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(({ context }) => ({
      success: context.jobId === "job-1",
      output: context.idempotencyKey,
    }));
    const machine = machineWith(handler);
    const [one, other] = ["job-1", "job-2"].map((jobId) =>
      machine.executeJob(admitted(jobOf(2, { jobId })), { clock }),
    );
    await one?.next();
    await other?.next();
    expect((await other?.next())?.value).toMatchObject([{ event_type: "step.failed", output: "job-2/0" }]);
    expect((await one?.next())?.value).toMatchObject([
      { event_type: "step.succeeded", output: "job-1/0" },
      { event_type: "step.started", job_id: "job-1", step_index: 1 },
    ]);
    expect((await other?.next())?.value).toMatchObject({ jobId: "job-2", finalStatus: "FAILED" });
    await one?.return(GIVEN_UP);
    expect(clock.armed).toBe(0);
  });
});
