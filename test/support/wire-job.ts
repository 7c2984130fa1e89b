import type { MessageInitShape } from "@bufbuild/protobuf";
import type { VerbatimClient } from "#api";
import { resultOf } from "#api";
import type { ExecutionResult } from "#model";
import type { ExecuteJobRequestSchema } from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";

/** A request for a job, as a client writes it. */
export type WireJob = MessageInitShape<typeof ExecuteJobRequestSchema>;

type WireStep = NonNullable<WireJob["steps"]>[number];

/** A step of a type, with parameters and whatever else is said of it. */
export function step(
  stepType: string,
  parameters: NonNullable<WireStep["parameters"]> = {},
  more: WireStep = {},
): WireStep {
  return { stepType, parameters, ...more };
}

/** A job of these steps, numbered in order. */
export function wireJob(jobId: string, steps: readonly WireStep[], more: WireJob = {}): WireJob {
  return {
    jobId,
    contractId: "contract-1",
    executedBy: "tester",
    steps: steps.map((declared, stepIndex) => ({ stepIndex, ...declared })),
    ...more,
  };
}

/** Executes a job and answers its result. */
export async function execute(client: VerbatimClient, job: WireJob): Promise<ExecutionResult> {
  const { result } = await client.executor.executeJob(job);
  if (result === undefined) throw new Error("the answer has no result");
  return resultOf(result);
}

/** An event of a stream as its reader sees it. */
export interface ToldEvent {
  readonly seq: number;
  readonly hash: string;
  /** `started`, `stepResult`, `inDoubt`, `executionResult`. */
  readonly kind: string | undefined;
}

type EventStream = ReturnType<VerbatimClient["executor"]["executeJobStream"] | VerbatimClient["executor"]["watchJob"]>;

/** Reads a stream to its end. */
export async function allEvents(stream: EventStream): Promise<readonly ToldEvent[]> {
  const told: ToldEvent[] = [];
  for await (const { events } of stream) {
    for (const { seq, hash, event } of events) told.push({ seq: Number(seq), hash, kind: event.case });
  }
  return told;
}
