import { describe, expect, test } from "vitest";
import type { StepResult } from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import { JobStatus, OnDisconnect, StepStatus } from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import type { StoredRecord } from "#evidence";
import type { ExecutionResult, Job } from "#model";
import { Fault } from "#model";
import type { JobRunner } from "#orchestration";
import { requestOf, resultOf, stepResultOf } from "#api";
import { executorService } from "../../src/api/grpc/executor-service.ts";
import { collect, request, startHouse, stepType, STEP_TYPES } from "./support/house.ts";
import type { House } from "./support/house.ts";

async function streamed(house: House, job: ReturnType<typeof request>) {
  const batches = await collect(house.client.executor.executeJobStream({ job }));
  return batches.flatMap(({ events }) => events);
}

async function logOf(house: House, runId: string): Promise<readonly StoredRecord[]> {
  return await house.store.read(runId, -1, 1000);
}

describe("a job over the wire", () => {
  test("a job that succeeds answers with its whole result", async () => {
    await using house = await startHouse();
    const { result, attached } = await house.client.executor.executeJob(request("job-1", ["test.echo", "test.echo"]));
    expect(attached).toBe(false);
    expect(result && resultOf(result)).toMatchObject({
      jobId: "job-1",
      contractId: "contract-1",
      executedBy: "tester",
      finalStatus: "COMPLETED",
      finalReason: "All steps completed successfully",
      stepsExecuted: 2,
      stepResults: [{ output: { n: 0 } }, { output: { n: 1 } }],
      stepsNotRun: [],
    });
    expect(result?.stepResultsOmitted).toBe(false);
  });

  test("a job that fails tells the failed step and names those that were not run", async () => {
    await using house = await startHouse();
    const { result } = await house.client.executor.executeJob(
      request("job-1", ["test.echo", "test.fail", "test.echo"]),
    );
    expect(result && resultOf(result)).toMatchObject({
      finalStatus: "FAILED",
      finalReason: "Step 1 failed: it was meant to",
      stepResults: [{ status: "COMPLETED" }, { status: "FAILED", error: "it was meant to", errorClass: "permanent" }],
      stepsNotRun: [{ stepIndex: 2, stepType: "test.echo", target: "target-2" }],
    });
  });

  test("the answer over the wire is the result that the runner has, member by member", async () => {
    await using house = await startHouse();
    const { result } = await house.client.executor.executeJob(
      request("job-1", ["test.echo", "test.fail", "test.echo"]),
    );
    const view = await house.runner.get("job-1");
    expect(result && resultOf(result)).toEqual(view.result);
  });

  test("a member that the request leaves out has its default", async () => {
    const seen: Job[] = [];
    await using house = await startHouse({ runner: recordingRunner(seen) });
    const step = { stepIndex: 0, stepType: "test.echo" };
    await house.client.executor.executeJob({ jobId: "j", contractId: "c", steps: [step] }).catch(() => undefined);
    await house.client.executor
      .executeJob({ jobId: "j", contractId: "c", steps: [{ ...step, timeoutSeconds: 0 }], jobTimeoutSeconds: 0 })
      .catch(() => undefined);
    const defaults = { target: "", parameters: {}, timeoutSeconds: 300 };
    expect(seen).toEqual([
      { jobId: "j", contractId: "c", executedBy: "executor", steps: [{ ...step, ...defaults }] },
      {
        jobId: "j",
        contractId: "c",
        executedBy: "executor",
        steps: [{ ...step, ...defaults, timeoutSeconds: 0 }],
        timeoutSeconds: 0,
      },
    ]);
  });

  test("a job of the model arrives over the wire as it was", async () => {
    const seen: Job[] = [];
    await using house = await startHouse({ runner: recordingRunner(seen) });
    const parameters = { text: "ä\u0000€", list: [1, -0.5, 1e300, null, true, { deep: {} }], empty: {} };
    const job: Job = {
      jobId: "j",
      contractId: "c",
      executedBy: "somebody",
      steps: [{ stepIndex: 0, stepType: "test.echo", target: "t", parameters, timeoutSeconds: 0.25 }],
      timeoutSeconds: 12.5,
    };
    await house.client.executor.executeJob(requestOf(job)).catch(() => undefined);
    expect(seen).toEqual([job]);
  });

  test("every problem of a job is told at once with the path of its field", async () => {
    await using house = await startHouse();
    const bad = request("no spaces allowed", ["test.echo", "test.echo"]);
    bad.steps[1]!.stepIndex = 7;
    const call = house.client.executor.executeJob({ ...bad, contractId: "", jobTimeoutSeconds: -1 });
    await expect(call).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: [
        { field: "job_id" },
        { field: "contract_id" },
        { field: "job_timeout_seconds" },
        { field: "steps[1].step_index" },
      ],
    });
  });

  test("an unknown step type is refused before any effect", async () => {
    await using house = await startHouse();
    const call = house.client.executor.executeJob(request("job-1", ["test.echo", "test.unheard"]));
    await expect(call).rejects.toMatchObject({ code: "ADMISSION_REFUSED" });
    await expect(house.store.head("job-1")).resolves.toBeUndefined();
  });

  test("a value of on_disconnect that nobody knows is refused", async () => {
    await using house = await startHouse();
    const call = house.client.executor.executeJob({ ...request("job-1", ["test.echo"]), onDisconnect: 9 as never });
    await expect(call).rejects.toMatchObject({ code: "INVALID_REQUEST", violations: [{ field: "on_disconnect" }] });
  });

  test("a stream request without a job is refused", async () => {
    await using house = await startHouse();
    const stream = collect(house.client.executor.executeJobStream({}));
    await expect(stream).rejects.toMatchObject({ code: "INVALID_REQUEST", violations: [{ field: "job" }] });
  });

  test("a stream that is asked for and never read leaves no rejection behind", async () => {
    await using house = await startHouse();
    const { implementation } = executorService(house);
    const asked = implementation["executeJobStream"] as (request: object, context: object) => AsyncGenerator;
    const stream = asked({ job: undefined }, { signal: AbortSignal.abort() });
    await stream.return(undefined); // before its first message
    await house.client.executor.listStepTypes({}); // by now a rejection that nobody handles has ended the test run
  });

  test("the same job id with the same request attaches, and with another request is taken", async () => {
    let performed = 0;
    const counting = stepType("test.count", () => ({ success: true, output: (performed += 1) }));
    await using house = await startHouse({ stepTypes: [counting] });
    const job = request("job-1", ["test.count"]);
    const first = await house.client.executor.executeJob(job);
    const again = await house.client.executor.executeJob(job);
    expect([first.attached, again.attached, performed]).toEqual([false, true, 1]);
    expect(again.result).toEqual(first.result);
    const other = house.client.executor.executeJob({ ...job, contractId: "contract-2" });
    await expect(other).rejects.toMatchObject({ code: "JOB_ID_TAKEN" });
  });

  test("the step types are listed by name with the schema of their parameters", async () => {
    await using house = await startHouse();
    const { stepTypes } = await house.client.executor.listStepTypes({});
    expect(stepTypes.map(({ name }) => name)).toEqual(["test.echo", "test.fail", "test.wait"]);
    for (const { parametersSchema } of stepTypes) expect(JSON.parse(parametersSchema)).toEqual({ type: "object" });
  });
});

describe("the evidence of a job as a stream", () => {
  test("each step is told as started and as performed, and the result last", async () => {
    await using house = await startHouse();
    const events = await streamed(house, request("job-1", ["test.echo", "test.fail", "test.echo"]));
    expect(events.map(({ event }) => event.case)).toEqual([
      "started",
      "stepResult",
      "started",
      "stepResult",
      "executionResult",
    ]);
    expect(events[0]?.event.value).toMatchObject({ step: { stepIndex: 0, stepType: "test.echo", target: "target-0" } });
    expect(events.at(-1)?.event.value).toMatchObject({
      finalStatus: JobStatus.FAILED,
      stepsExecuted: 2,
      stepResults: [],
      stepsNotRun: [],
      stepResultsOmitted: true,
    });
  });

  test("every event has the sequence number and the hash of its line in the log", async () => {
    await using house = await startHouse();
    const events = await streamed(house, request("job-1", ["test.echo", "test.echo"]));
    const log = await logOf(house, "job-1");
    for (const { seq, hash } of events) expect(log[Number(seq)]?.record.hash).toBe(hash);
    expect(events.at(-1)?.seq).toBe(BigInt(log.length - 1));
  });

  test("the results of the steps in the stream are those of the whole result", async () => {
    await using house = await startHouse();
    const events = await streamed(house, request("job-1", ["test.echo", "test.fail"]));
    const told = events
      .filter(({ event }) => event.case === "stepResult")
      .map(({ event }) => stepResultOf(event.value as StepResult));
    const { result } = await house.runner.get("job-1");
    expect(told).toEqual(result?.stepResults);
  });

  test("an output travels as its canonical JSON", async () => {
    const output = { b: [1.0, 1e21, 0.1], a: "\u20ac\n", "\u0001": null };
    const odd = stepType("test.odd", () => ({ success: true, output }));
    await using house = await startHouse({ stepTypes: [odd] });
    const events = await streamed(house, request("job-1", ["test.odd"]));
    const result = events.find(({ event }) => event.case === "stepResult")?.event.value as StepResult;
    expect(Buffer.from(result.outputJson).toString()).toBe('{"\\u0001":null,"a":"€\\n","b":[1,1e+21,0.1]}');
    expect(result.status).toBe(StepStatus.COMPLETED);
  });

  test("whoever watches from a sequence number on gets exactly what he has not seen", async () => {
    await using house = await startHouse();
    const all = await streamed(house, request("job-1", ["test.echo", "test.echo", "test.echo"]));
    for (const [position, { seq }] of all.entries()) {
      const rest = await collect(house.client.executor.watchJob({ jobId: "job-1", afterSeq: seq }));
      expect(rest.flatMap(({ events }) => events)).toEqual(all.slice(position + 1));
    }
    const beyond = await collect(house.client.executor.watchJob({ jobId: "job-1", afterSeq: 2n ** 64n - 1n }));
    expect(beyond).toEqual([]);
  });

  test("whoever watches a running job is told of each step while it runs and of the end", async () => {
    await using house = await startHouse();
    const job = request("job-1", ["test.echo", "test.wait"]);
    const submitted = await house.runner.submit({
      ...job,
      steps: job.steps.map((step) => ({ ...step, timeoutSeconds: 60 })),
    });
    const watch = house.client.executor.watchJob({ jobId: "job-1" });
    const seen: unknown[] = [];
    while (seen.length < 3) {
      const next = await watch.next();
      seen.push(...(next.done === true ? [] : next.value.events.map(({ event }) => event.case)));
    }
    expect(seen).toEqual(["started", "stepResult", "started"]);
    await house.client.executor.cancelJob({ jobId: "job-1", cancelledBy: "tester", reason: "seen enough" });
    const rest = (await collect(watch)).flatMap(({ events }) => events.map(({ event }) => event.case));
    expect(rest).toEqual(["stepResult", "executionResult"]);
    await submitted.result;
  });

  test("a stream that the end of the server cuts short does not look like the end of the job", async () => {
    await using house = await startHouse();
    const stream = house.client.executor.executeJobStream({ job: request("job-1", ["test.wait"]) });
    await stream.next();
    const log = house.client.evidence.readLog({ runId: "job-1", follow: true });
    await log.next();
    const cut = [expect(collect(stream)).rejects, expect(collect(log)).rejects];
    const closed = house.store.close();
    for (const rejection of cut)
      await rejection.toMatchObject({ name: "Fault", code: expect.stringMatching(/DRAINING|STORE_HALTED/) });
    await closed;
  });

  test("a step in doubt is told as such", async () => {
    await using house = await startHouse();
    const base = { timestamp_utc: "2026-01-01T00:00:00.000Z", actor: "a", attempt: 0, job_id: "job-1" };
    const step = { step_index: 0, step_type: "test.echo", target: "t" };
    await house.store.append("job-1", 0, [
      { ...base, event_type: "run.created", schema: "evidence/v1" },
      { ...base, ...step, event_type: "step.started" },
      { ...base, ...step, event_type: "step.in_doubt" },
    ]);
    const watch = house.client.executor.watchJob({ jobId: "job-1" });
    const { value } = await watch.next();
    await watch.return();
    expect(value?.events.map(({ event }) => event.case)).toEqual(["started", "inDoubt"]);
    expect(value?.events[1]?.event.value).toMatchObject({ stepIndex: 0, stepType: "test.echo", target: "t" });
  });

  test("a long job comes in order and without gaps in messages of about 64 KiB at most", async () => {
    const text = "x".repeat(4000);
    const big = stepType("test.big", () => ({ success: true, output: text }));
    await using house = await startHouse({ stepTypes: [big] });
    await house.client.executor.executeJob(
      request(
        "job-1",
        Array.from({ length: 200 }, () => "test.big"),
      ),
    );
    const batches = await collect(house.client.executor.watchJob({ jobId: "job-1" }));
    const sizes = batches.map(({ events }) =>
      events.reduce((sum, { event }) => sum + (event.case === "stepResult" ? event.value.outputJson.length : 0), 0),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64 * 1024);
    expect(Math.max(...sizes)).toBeGreaterThan(32 * 1024);
    const results = batches
      .flatMap(({ events }) => events)
      .flatMap(({ event }) => (event.case === "stepResult" ? event.value.stepIndex : []));
    expect(results).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  test.each(["nobody", "x".repeat(128)])(
    "a job %s that is not there is NOT_FOUND, however it is asked for",
    async (jobId) => {
      await using house = await startHouse();
      const { executor } = house.client;
      const missing = { code: "RUN_NOT_FOUND" };
      await expect(executor.getJob({ jobId })).rejects.toMatchObject(missing);
      await expect(collect(executor.watchJob({ jobId }))).rejects.toMatchObject(missing);
      await expect(executor.cancelJob({ jobId, cancelledBy: "me", reason: "why not" })).rejects.toMatchObject(missing);
    },
  );

  test.each(["", "../etc/passwd", "x".repeat(129), "-x", "a/b", "\u0000"])(
    "the job id %j is refused by its form",
    async (jobId) => {
      await using house = await startHouse();
      const { executor } = house.client;
      const refused = { code: "INVALID_REQUEST", violations: [{ field: "job_id" }] };
      await expect(executor.getJob({ jobId })).rejects.toMatchObject(refused);
      await expect(collect(executor.watchJob({ jobId }))).rejects.toMatchObject(refused);
      await expect(executor.cancelJob({ jobId, cancelledBy: "me", reason: "why not" })).rejects.toMatchObject(refused);
    },
  );
});

/** Streams `job-1` up to its first event and goes away. */
async function abandon(house: House, onDisconnect: OnDisconnect): Promise<void> {
  const abort = new AbortController();
  const job = { ...request("job-1", ["test.wait"]), onDisconnect };
  const stream = house.client.executor.executeJobStream({ job }, { signal: abort.signal });
  await stream.next();
  abort.abort();
  await expect(stream.next()).rejects.toMatchObject({ code: "CANCELLED" });
}

describe("a client that goes away", () => {
  test.each([OnDisconnect.UNSPECIFIED, OnDisconnect.CONTINUE])(
    "a job whose on_disconnect is %i goes on",
    async (onDisconnect) => {
      await using house = await startHouse();
      await abandon(house, onDisconnect);
      for (let round = 0; round < 20; round += 1) {
        await expect(house.client.executor.getJob({ jobId: "job-1" })).resolves.toMatchObject({
          status: JobStatus.RUNNING,
        });
      }
      await house.client.executor.cancelJob({ jobId: "job-1", cancelledBy: "tester", reason: "end of test" });
    },
  );

  test("a job whose on_disconnect is CANCEL ends CANCELLED and tells who and why", async () => {
    await using house = await startHouse();
    await abandon(house, OnDisconnect.CANCEL);
    const watched = await collect(house.client.executor.watchJob({ jobId: "job-1" }));
    const last = watched.at(-1)?.events.at(-1)?.event;
    expect(last?.value).toMatchObject({ finalStatus: JobStatus.CANCELLED });
    const log = (await logOf(house, "job-1")).map(({ line }) => line).join("\n");
    expect(log).toContain("client disconnected");
    expect(log).toContain("tester");
  });

  test("a unary call with on_disconnect CANCEL cancels its job when it is given up", async () => {
    await using house = await startHouse();
    const abort = new AbortController();
    const job = { ...request("job-1", ["test.wait"]), onDisconnect: OnDisconnect.CANCEL };
    const call = house.client.executor.executeJob(job, { signal: abort.signal });
    const refused = expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    await collect(untilStarted(house));
    abort.abort();
    await refused;
    const events = await collect(house.client.executor.watchJob({ jobId: "job-1" }));
    expect(events.at(-1)?.events.at(-1)?.event.value).toMatchObject({ finalStatus: JobStatus.CANCELLED });
  });

  test("a caller who only attached does not cancel the job of another", async () => {
    await using house = await startHouse();
    const job = { ...request("job-1", ["test.wait"]), onDisconnect: OnDisconnect.CANCEL };
    const owner = house.client.executor.executeJobStream({ job });
    await owner.next();
    await abandon(house, OnDisconnect.CANCEL);
    for (let round = 0; round < 20; round += 1) {
      await expect(house.client.executor.getJob({ jobId: "job-1" })).resolves.toMatchObject({
        status: JobStatus.RUNNING,
      });
    }
    await house.client.executor.cancelJob({ jobId: "job-1", cancelledBy: "tester", reason: "end of test" });
    await collect(owner);
  });

  test("a job whose client stays to the end with on_disconnect CANCEL is not cancelled", async () => {
    let cancelled = 0;
    await using house = await startHouse();
    const cancel = house.runner.cancel.bind(house.runner);
    house.runner.cancel = (...rest) => {
      cancelled += 1;
      return cancel(...rest);
    };
    const job = { ...request("job-1", ["test.echo"]), onDisconnect: OnDisconnect.CANCEL };
    await collect(house.client.executor.executeJobStream({ job }));
    await house.client.executor.executeJob({ ...request("job-2", ["test.echo"]), onDisconnect: OnDisconnect.CANCEL });
    await house.client.executor.listStepTypes({});
    expect(cancelled).toBe(0);
  });

  test("a client that does not read holds up neither the job nor other clients", async () => {
    const big = stepType("test.big", () => ({ success: true, output: "x".repeat(4000) }));
    await using house = await startHouse({ stepTypes: [big] });
    const stream = house.client.executor.executeJobStream({
      job: request(
        "job-1",
        Array.from({ length: 500 }, () => "test.big"),
      ),
    });
    await stream.next(); // and no more is read
    const ended = async () => (await house.client.executor.getJob({ jobId: "job-1" })).status === JobStatus.COMPLETED;
    while (!(await ended())); // each look is a call of another client
    await house.client.executor.executeJob(request("job-2", ["test.big"]));
    const rest = await collect(stream);
    expect(rest.at(-1)?.events.at(-1)?.event.case).toBe("executionResult");
  });
});

/** Ends once the first step of `job-1` has started. */
async function* untilStarted(house: House) {
  while ((await house.store.head("job-1")) === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
  for await (const { events } of house.client.executor.watchJob({ jobId: "job-1" })) {
    yield events;
    if (events.some(({ event }) => event.case === "started")) return;
  }
}

describe("cancel and get", () => {
  test("a running job is told as RUNNING, a cancelled one ends CANCELLED and is told so", async () => {
    await using house = await startHouse();
    const stream = house.client.executor.executeJobStream({ job: request("job-1", ["test.wait", "test.echo"]) });
    await stream.next();
    const running = await house.client.executor.getJob({ jobId: "job-1" });
    expect(running).toMatchObject({ jobId: "job-1", status: JobStatus.RUNNING });
    expect(running.result).toBeUndefined();
    const { result } = await house.client.executor.cancelJob({
      jobId: "job-1",
      cancelledBy: "tester",
      reason: "enough",
    });
    expect(result).toMatchObject({ finalStatus: JobStatus.CANCELLED });
    const ended = await house.client.executor.getJob({ jobId: "job-1" });
    expect(ended).toMatchObject({ status: JobStatus.CANCELLED, result });
    const log = await logOf(house, "job-1");
    expect(ended).toMatchObject({ logSize: BigInt(log.length), logHead: log.at(-1)?.record.hash });
    const again = house.client.executor.cancelJob({ jobId: "job-1", cancelledBy: "tester", reason: "enough" });
    await expect(again).rejects.toMatchObject({ code: "RUN_ENDED" });
  });

  test("a cancel without a name or a reason is refused with both", async () => {
    await using house = await startHouse();
    await expect(house.client.executor.cancelJob({ jobId: "job-1" })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: [{ field: "cancelled_by" }, { field: "reason" }],
    });
  });
});

function bigResult(bytesPerStep: number, steps: number): ExecutionResult {
  const step = {
    stepType: "test.big",
    target: "t",
    status: "COMPLETED",
    startedAt: "2026-01-01T00:00:00.000Z",
    completedAt: "2026-01-01T00:00:00.000Z",
    durationSeconds: 1,
  } as const;
  return {
    jobId: "job-1",
    contractId: "c",
    executedBy: "e",
    finalStatus: "COMPLETED",
    finalReason: "All steps completed successfully",
    stepsDeclared: steps,
    stepsExecuted: steps,
    stepsSucceeded: steps,
    stepsFailed: 0,
    stepResults: Array.from({ length: steps }, (_, stepIndex) => ({
      ...step,
      stepIndex,
      output: "x".repeat(bytesPerStep),
    })),
    stepsNotRun: [],
    stepsInDoubt: [],
    startedAt: "2026-01-01T00:00:00.000Z",
    completedAt: "2026-01-01T00:00:00.000Z",
    durationSeconds: 1,
    executorVersion: "0",
  };
}

describe("a result too large for one message", () => {
  test.each([
    [4, false],
    [5, true],
  ])("a result of %i MB of outputs arrives, its steps left out: %s", async (megabytes, omitted) => {
    const result = bigResult(8000, megabytes * 125);
    await using house = await startHouse({ runner: answeringRunner(result) });
    const { executor } = house.client;
    const answers = [
      (await executor.executeJob(request("job-1", ["test.big"]))).result,
      (await executor.getJob({ jobId: "job-1" })).result,
      (await executor.cancelJob({ jobId: "job-1", cancelledBy: "a", reason: "b" })).result,
    ];
    for (const answer of answers) {
      expect(answer?.stepResultsOmitted).toBe(omitted);
      expect(answer?.stepResults).toHaveLength(omitted ? 0 : megabytes * 125);
      expect(answer?.stepsExecuted).toBe(megabytes * 125);
    }
  });

  test("ten thousand steps with small outputs arrive whole", async () => {
    const result = bigResult(100, 10_000);
    await using house = await startHouse({ runner: answeringRunner(result) });
    const { result: answer } = await house.client.executor.executeJob(request("job-1", ["test.big"]));
    expect(answer && resultOf(answer)).toEqual(result);
  });
});

/** Notes what is submitted and refuses it. */
function recordingRunner(seen: Job[]): JobRunner {
  return {
    ...answeringRunner(undefined),
    submit(job) {
      seen.push(job);
      return Promise.reject(new Fault("DRAINING", "only noted"));
    },
  };
}

function answeringRunner(result: ExecutionResult | undefined): JobRunner {
  const answer = result ?? Promise.reject<ExecutionResult>(new Fault("RUN_NOT_FOUND", "there is none"));
  if (answer instanceof Promise) answer.catch(() => undefined);
  return {
    stepTypes: STEP_TYPES,
    submit: ({ jobId }) =>
      Promise.resolve({ jobId, runId: jobId, attached: false, ended: false, result: Promise.resolve(answer) }),
    get: async (jobId) => ({ jobId, status: "COMPLETED", result: await answer, logSize: 1, logHead: "h" }),
    cancel: () => Promise.resolve(answer),
    abandon: () => undefined,
    drain: () => Promise.resolve(),
  };
}
