import { describe, expect, test } from "vitest";
import { createMemorySource } from "#effects";
import type { RecordSource } from "#effects";
import type { EntityRecord, ExecutionResult, HookJob, HookSet, Job, Work } from "#model";
import { Fault } from "#model";
import type { CompiledHooks, JobRunner } from "#orchestration";
import { performHookWork } from "#orchestration";

const RETRY = { maxAttempts: 3, on: ["transient_io"], baseSeconds: 1, factor: 1, maxSeconds: 300, jitter: 0 } as const;

const TICKET = { name: "Ticket", table: "tickets", key: "id" };
const FIELDS = new Map([
  ["id", "int"],
  ["title", "string"],
] as const);

function hookJob(given: Partial<HookJob> = {}): HookJob {
  return {
    name: "note",
    input: "Ticket",
    needs: [],
    resolved: "Ticket",
    filter: undefined,
    projection: undefined,
    capabilities: new Set(["append"]),
    effect: "append",
    parameters: { text: "${record.title}" },
    timeoutSeconds: 30,
    retry: RETRY,
    priority: 5,
    maxRecords: 100,
    ...given,
  };
}

function hooksWith(job: HookJob): CompiledHooks {
  const relations = new Map([["parts", { kind: "many", to: "Part", column: "ticket_id" } as const]]);
  const part = { name: "Part", table: "parts", key: "id", relations: new Map() };
  const set: HookSet = {
    hash: "h",
    entities: new Map([
      ["Ticket", { ...TICKET, fields: FIELDS, relations }],
      ["Part", { ...part, fields: new Map([...FIELDS, ["ticket_id", "int"] as const]) }],
    ]),
    jobs: new Map([[job.name, job]]),
    hooks: [],
  };
  return { set, conditions: new Map(), filters: new Map() };
}

function workOf(given: Partial<Work> = {}): Work {
  const change = { changeId: "c", entity: "Ticket", operation: "create", record: { id: 1, title: "on fire" } };
  return {
    id: "hook-1",
    name: "note",
    capability: "append",
    priority: 5,
    payload: { hooks: "h", job: "note", change },
    state: "running",
    place: 1,
    attempts: 1,
    epoch: 1,
    createdMs: 0,
    dueMs: 0,
    endedMs: undefined,
    errors: [],
    redrivenAs: undefined,
    discarded: undefined,
    ...given,
  };
}

interface Asked {
  readonly job: Job;
  readonly only: ReadonlySet<string> | undefined;
}

/** A runner that answers what it is told to, and keeps what it was asked for. */
function runnerWith(answer: Partial<ExecutionResult> | Error): { readonly runner: JobRunner; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const submit: JobRunner["submit"] = async (job, options) => {
    asked.push({ job, only: options?.only });
    if (answer instanceof Error) throw answer;
    const result = { finalStatus: "COMPLETED", finalReason: "", stepResults: [], stepsInDoubt: [], ...answer };
    return {
      jobId: job.jobId,
      runId: job.jobId,
      attached: false,
      ended: false,
      result: Promise.resolve(result as unknown as ExecutionResult), // all that is looked at
    };
  };
  return { runner: { submit } as unknown as JobRunner, asked }; // all that is called
}

function failingSource(error: Fault): RecordSource {
  const readRecords = async (): Promise<never> => {
    throw error;
  };
  return { readRecords, close: async () => undefined };
}

async function attempt(
  answer: Partial<ExecutionResult> | Error,
  {
    job = hookJob(),
    work = workOf(),
    parts = [],
    source = createMemorySource(new Map([["parts", parts]])),
  }: { job?: HookJob; work?: Work; parts?: readonly EntityRecord[]; source?: RecordSource } = {},
) {
  const { runner, asked } = runnerWith(answer);
  const options = {
    runner,
    hooksOf: async (hash: string) => (hash === "h" ? hooksWith(job) : undefined),
    source,
    timeoutSeconds: 45,
    chance: () => 0.5,
  };
  const end = await performHookWork(work, { signal: new AbortController().signal }, options);
  return { end, asked };
}

const step = { stepIndex: 0, stepType: "append", target: "" };

describe("an attempt at the work of a hook", () => {
  test("is one job with an id of its own, which may use nothing but what was declared", async () => {
    const { end, asked } = await attempt({}, { work: workOf({ attempts: 2 }) });
    expect(end).toEqual({ kind: "completed", follows: [] });
    expect(asked).toMatchObject([
      {
        job: {
          jobId: "hook-1-a2",
          contractId: "hook.note",
          steps: [{ stepType: "append", parameters: { text: "on fire" }, timeoutSeconds: 30 }],
        },
      },
    ]);
    expect([...(asked[0]?.only ?? [])]).toEqual(["append"]);
  });

  test("has the time that its job declares, and what the server allows if it declares none", async () => {
    for (const [timeoutSeconds, expected] of [
      [undefined, 45],
      [1, 1],
      [3600, 3600],
    ] as const) {
      const { asked } = await attempt({}, { job: hookJob({ timeoutSeconds }) });
      expect(asked[0]?.job.steps[0]?.timeoutSeconds).toBe(expected);
    }
  });

  test("at an effect that was not declared is dead before anything is asked for", async () => {
    const { end, asked } = await attempt({}, { job: hookJob({ capabilities: new Set() }) });
    expect(end).toMatchObject({ kind: "dead", error: { errorClass: "sandbox_violation" } });
    expect(asked).toEqual([]);
  });

  test("by hooks that are not known any more is dead, and says which", async () => {
    const { payload } = workOf();
    const { end } = await attempt({}, { work: workOf({ payload: { ...payload, hooks: "other" } }) });
    expect(end).toMatchObject({ kind: "dead", error: { message: expect.stringContaining("hooks other") } });
  });

  test.each([
    [{ errorClass: "transient_io", error: "503" }, "failed"],
    [{ errorClass: "permanent", error: "404" }, "dead"],
    [{ errorClass: "sandbox_violation", error: "no such host here" }, "dead"],
  ] as const)("whose step fails as %j is %s", async (failure, kind) => {
    const result = { finalStatus: "FAILED", stepResults: [{ ...step, status: "FAILED", ...failure }] };
    const { end } = await attempt(result as unknown as Partial<ExecutionResult>); // all that is looked at
    expect(end).toMatchObject({ kind, error: { errorClass: failure.errorClass } });
  });

  test("that is in doubt is dead, and nothing repeats it", async () => {
    const { end } = await attempt({ finalStatus: "FAILED", stepsInDoubt: [step] });
    expect(end).toMatchObject({ kind: "dead", error: { errorClass: "in_doubt" } });
  });

  test("that the server refuses for now is no attempt, and one that it refuses for good is dead", async () => {
    for (const code of ["DRAINING", "LIMIT_EXCEEDED", "STORE_HALTED"] as const)
      await expect(attempt(new Fault(code, "not now"))).rejects.toThrow("not now");
    const { end } = await attempt(new Fault("INVALID_REQUEST", "no such parameter"));
    expect(end).toMatchObject({ kind: "dead", error: { errorClass: "permanent" } });
  });

  test("that cannot reach the database of records is no attempt, and one that the database has ended is", async () => {
    const job = hookJob({ needs: ["parts"], resolved: "Part" });
    const away = failingSource(new Fault("SOURCE_UNAVAILABLE", "connection refused"));
    await expect(attempt({}, { job, source: away })).rejects.toThrow("connection refused");
    const slow = failingSource(new Fault("DEADLINE_PASSED", "statement timeout"));
    const { end } = await attempt({}, { job: { ...job, retry: { ...RETRY, on: ["timeout"] } }, source: slow });
    expect(end).toMatchObject({ kind: "failed", error: { errorClass: "timeout" } });
  });

  test("that meets what nobody has foreseen is an attempt that failed, and does not go on for ever", async () => {
    const { end } = await attempt(new RangeError("too deep"));
    expect(end).toMatchObject({
      kind: "dead",
      error: { errorClass: "unknown", message: expect.stringContaining("too deep") },
    });
  });

  test("over several records asks for one piece of work each, the same ones whenever it is made", async () => {
    const job = hookJob({ needs: ["parts"], resolved: "Part" });
    const parts = [3, 1, 2].map((id) => ({ id, title: `part ${id}`, ticket_id: 1 }));
    const first = await attempt({}, { job, parts });
    const second = await attempt({}, { job, parts: parts.toReversed() });
    expect(first.end).toEqual(second.end);
    expect(first.asked).toEqual([]);
    const follows = first.end.kind === "completed" ? first.end.follows : [];
    expect(new Set(follows.map(({ id }) => id)).size).toBe(3);
    expect(follows.map(({ payload }) => payload["effect"])).toEqual(
      [1, 2, 3].map((id) => ({ recordKey: id, parameters: { text: `part ${id}` } })),
    );
    const [one] = follows;
    const { asked } = await attempt({}, { job, work: workOf({ ...one, attempts: 1 }) });
    expect(asked).toMatchObject([
      { job: { jobId: `${one?.id}-a1`, attemptOf: one?.id, steps: [{ parameters: { text: "part 1" } }] } },
    ]);
  });
});
