import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StoredRecord } from "#evidence";
import type { ExecutionResult, StepResult } from "#model";
import { resultOf, stepResultOf } from "#api";
import {
  ExecutionResultSchema,
  StepEventSchema,
  StepResultSchema,
} from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import { batches, eventOf } from "../../src/api/grpc/event-messages.ts";
import { resultMessage, stepResultMessage } from "../../src/api/grpc/result-messages.ts";
import { jsonBytes, jsonOf, rfc3339, timestamp } from "../../src/api/grpc/wire-values.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const time = fc
  .date({ min: new Date("1970-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
// -0 is 0 in JSON.
const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as StepResult["output"] & {});
const object = fc.dictionary(text, fc.integer(), { noNullPrototype: true });
const reference = fc.record({ stepIndex: fc.nat(9999), stepType: text, target: text });
const seconds = fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0);

const stepResult: fc.Arbitrary<StepResult> = fc
  .record(
    {
      stepIndex: fc.nat(9999),
      stepType: text,
      target: text,
      startedAt: time,
      completedAt: time,
      durationSeconds: seconds,
      output: json,
      healthAfter: object,
      healthError: text.filter((value) => value !== ""),
      late: fc.constantFrom("returned" as const, "threw" as const, "running" as const),
    },
    { requiredKeys: ["stepIndex", "stepType", "target", "startedAt", "completedAt", "durationSeconds"] },
  )
  .chain((common) =>
    fc.oneof(
      fc.constant({ ...common, status: "COMPLETED" as const }),
      text
        .filter((error) => error !== "")
        .map((error) => ({ ...common, status: "FAILED" as const, error, errorClass: "unknown" as const })),
    ),
  );

const executionResult: fc.Arbitrary<ExecutionResult> = fc.record(
  {
    jobId: text,
    contractId: text,
    executedBy: text,
    finalStatus: fc.constantFrom("COMPLETED" as const, "FAILED" as const, "CANCELLED" as const),
    finalReason: text,
    stepsDeclared: fc.nat(),
    stepsExecuted: fc.nat(),
    stepsSucceeded: fc.nat(),
    stepsFailed: fc.nat(),
    stepResults: fc.array(stepResult, { maxLength: 3 }),
    stepsNotRun: fc.array(reference, { maxLength: 3 }),
    stepsInDoubt: fc.array(reference, { maxLength: 1 }),
    healthBefore: object,
    healthAfter: object,
    startedAt: time,
    completedAt: time,
    durationSeconds: seconds,
    executorVersion: text,
  },
  {
    requiredKeys: [
      "jobId",
      "contractId",
      "executedBy",
      "finalStatus",
      "finalReason",
      "stepsDeclared",
      "stepsExecuted",
      "stepsSucceeded",
      "stepsFailed",
      "stepResults",
      "stepsNotRun",
      "stepsInDoubt",
      "startedAt",
      "completedAt",
      "durationSeconds",
      "executorVersion",
    ],
  },
);

describe("what goes over the wire comes back as it was", () => {
  test("every result of a step survives the way through a message and its bytes", () => {
    fc.assert(
      fc.property(stepResult, (result) => {
        const bytes = toBinary(StepResultSchema, stepResultMessage(result));
        expect(stepResultOf(fromBinary(StepResultSchema, bytes))).toEqual(result);
      }),
    );
  });

  test("every result of a job survives the way through a message and its bytes", () => {
    fc.assert(
      fc.property(executionResult, (result) => {
        const bytes = toBinary(ExecutionResultSchema, resultMessage(result, "whole"));
        expect(resultOf(fromBinary(ExecutionResultSchema, bytes))).toEqual(result);
      }),
    );
  });

  test("a message written as a literal has the same bytes as one that was created", () => {
    fc.assert(
      fc.property(executionResult, (result) => {
        const literal = resultMessage(result, "whole");
        const created = create(ExecutionResultSchema, literal);
        expect(toBinary(ExecutionResultSchema, literal)).toEqual(toBinary(ExecutionResultSchema, created));
        const members = ExecutionResultSchema.fields.map(({ localName }) => localName);
        expect(Object.keys(literal).toSorted()).toEqual(["$typeName", ...members].toSorted());
      }),
    );
  });

  test("a result without its lists says so and loses nothing else", () => {
    fc.assert(
      fc.property(executionResult, (result) => {
        const message = resultMessage(result, "without lists");
        expect(message.stepResultsOmitted).toBe(true);
        expect(resultOf(message)).toEqual({ ...result, stepResults: [], stepsNotRun: [] });
      }),
    );
  });

  test("every time in milliseconds survives, also before 1970", () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date("0001-01-01T00:00:00Z"),
          max: new Date("9999-12-31T23:59:59.999Z"),
          noInvalidDate: true,
        }),
        (date) => {
          const message = timestamp(date.toISOString());
          expect(message?.nanos).toBeGreaterThanOrEqual(0);
          expect(rfc3339(message)).toBe(date.toISOString());
        },
      ),
    );
    expect(timestamp("no time")).toBeUndefined();
    expect(rfc3339(undefined)).toBe("");
  });

  test("every JSON value survives, and no value is no bytes", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(jsonOf(jsonBytes(value))).toEqual(value);
      }),
    );
    expect(jsonBytes(undefined)).toHaveLength(0);
    expect(jsonOf(new Uint8Array())).toBeUndefined();
    expect(jsonOf(jsonBytes(null))).toBeNull();
  });

  test("a status of a later version is a fault and not a guess", () => {
    const message = create(StepResultSchema, { status: 99 as never });
    expect(() => stepResultOf(message)).toThrow(expect.objectContaining({ code: "INTERNAL" }));
    expect(() => resultOf(create(ExecutionResultSchema))).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });
});

function record(seq: number, members: Partial<StoredRecord["record"]>, line = "x".repeat(100)): StoredRecord {
  const base = {
    event_id: "e",
    run_id: "r",
    hash: `hash-${seq}`,
    actor: "a",
    attempt: 0,
    timestamp_utc: "2026-01-02T03:04:05.678Z",
  };
  return { line, record: { ...base, event_type: "log.checkpoint", seq, ...members } };
}

describe("records as events", () => {
  const step = { step_index: 3, step_type: "command.run", target: "t" };

  test("an event of every kind encodes to the bytes of a created message", () => {
    for (const event_type of ["step.started", "step.succeeded", "step.failed", "step.in_doubt"] as const) {
      const event = eventOf(record(7, { ...step, event_type, reason: "r", output: [1] }).record);
      expect(event).toBeDefined();
      if (event === undefined) return;
      expect(toBinary(StepEventSchema, event)).toEqual(toBinary(StepEventSchema, create(StepEventSchema, event)));
      expect(event).toMatchObject({ seq: 7n, hash: "hash-7" });
    }
  });

  test("a failed step tells all that its record has", () => {
    const { record: failed } = record(1, {
      ...step,
      event_type: "step.failed",
      started_at: "2026-01-02T03:04:05.000Z",
      duration_seconds: 0.678,
      reason: "timed out after 1 s",
      error_class: "timeout",
      late: "running",
      health: { status: "HEALTHY" },
      health_error: "no disk",
    });
    const event = eventOf(failed);
    expect(event?.event.case).toBe("stepResult");
    expect(event?.event.case === "stepResult" && stepResultOf(event.event.value)).toEqual({
      stepIndex: 3,
      stepType: "command.run",
      target: "t",
      status: "FAILED",
      startedAt: "2026-01-02T03:04:05.000Z",
      completedAt: "2026-01-02T03:04:05.678Z",
      durationSeconds: 0.678,
      error: "timed out after 1 s",
      errorClass: "timeout",
      late: "running",
      healthAfter: { status: "HEALTHY" },
      healthError: "no disk",
    });
  });

  test.each(["run.created", "job.started", "log.checkpoint", "run.completed"] as const)(
    "a record %s is no event of a step",
    (event_type) => {
      expect(eventOf(record(0, { event_type }).record)).toBeUndefined();
    },
  );

  test("batches lose nothing, keep the order, and pass their limit only with one record alone", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 300 }),
        (lengths, limit) => {
          const records = lengths.map((length, seq) => record(seq, {}, "x".repeat(length)));
          const cut = [...batches(records, limit)];
          expect(cut.flat()).toEqual(records);
          for (const batch of cut) {
            expect(batch.length).toBeGreaterThan(0);
            const size = batch.reduce((sum, { line }) => sum + line.length, 0);
            if (batch.length > 1) expect(size).toBeLessThanOrEqual(limit);
          }
        },
      ),
    );
  });
});
