import type { ErrorClass, JsonObject, WorkError, WorkState } from "#model";
import type { DeadLetterFilter, GetStatsResponse, Work as WorkMessage } from "../gen/verbatim/queue/v1/queue_pb.ts";
import { WorkState as StateOnWire } from "../gen/verbatim/queue/v1/queue_pb.ts";
import { ChangeOperation } from "../gen/verbatim/hooks/v1/hooks_pb.ts";
import { jsonOf, rfc3339, timestamp } from "./wire-values.ts";

/** A piece of work as a server tells it; times in RFC 3339, empty = absent. */
export interface ToldWork {
  readonly id: string;
  readonly job: string;
  readonly capability: string;
  readonly state: WorkState;
  readonly attempts: number;
  readonly createdAt: string;
  readonly dueAt: string;
  readonly endedAt: string;
  readonly errors: readonly WorkError[];
  readonly payload: JsonObject;
  readonly redrives: string;
  readonly redrivenAs: string;
  readonly discardedBy: string;
  readonly discardedReason: string;
}

/** Which dead letters, as people ask for them; times in RFC 3339. */
export interface AskedDeadLetters {
  readonly job?: string;
  readonly capability?: string;
  readonly errorClass?: string;
  readonly messageContains?: string;
  readonly deadFrom?: string;
  readonly deadBefore?: string;
  readonly workIds?: readonly string[];
}

const STATES: ReadonlyMap<StateOnWire, WorkState> = new Map([
  [StateOnWire.PENDING, "pending"],
  [StateOnWire.RUNNING, "running"],
  [StateOnWire.FAILED, "failed"],
  [StateOnWire.COMPLETED, "completed"],
  [StateOnWire.DEAD, "dead"],
  [StateOnWire.DISCARDED, "discarded"],
]);

const OPERATIONS: ReadonlyMap<string, ChangeOperation> = new Map([
  ["create", ChangeOperation.CREATE],
  ["update", ChangeOperation.UPDATE],
  ["delete", ChangeOperation.DELETE],
]);

/** A piece of work as a server tells it. */
export function toldWork(message: WorkMessage): ToldWork {
  const { id, job, capability, state, attempts, redrives, redrivenAs, discardedBy, discardedReason } = message;
  return {
    id,
    job,
    capability,
    attempts,
    redrives,
    redrivenAs,
    discardedBy,
    discardedReason,
    state: STATES.get(state) ?? "pending",
    createdAt: rfc3339(message.createdAt),
    dueAt: rfc3339(message.dueAt),
    endedAt: rfc3339(message.endedAt),
    errors: message.errors.map(({ attempt, at, errorClass, message: said }) => ({
      attempt,
      at: rfc3339(at),
      errorClass: errorClass as ErrorClass,
      message: said,
    })),
    payload: (jsonOf(message.payloadJson) ?? {}) as JsonObject,
  };
}

type Counts = Pick<NonNullable<GetStatsResponse["totals"]>, "enqueued" | "completed" | "failed" | "retried" | "dead">;

function counts({ enqueued, completed, failed, retried, dead }: Counts) {
  return {
    enqueued: Number(enqueued),
    completed: Number(completed),
    failed: Number(failed),
    retried: Number(retried),
    dead: Number(dead),
  };
}

/** The numbers that a server tells, for programs: counts as numbers. */
export function toldStats(message: GetStatsResponse) {
  const { totals, capabilities, workerCount, workersBusy, queueAvailable, oldestAgeSeconds } = message;
  return {
    workerCount,
    workersBusy,
    queueAvailable,
    oldestAgeSeconds,
    queueDepth: Number(message.queueDepth),
    pending: Number(message.pending),
    running: Number(message.running),
    failed: Number(message.failed),
    dead: Number(message.dead),
    totals: totals && counts(totals),
    capabilities: capabilities.map((one) => ({ capability: one.capability, ...counts(one) })),
  };
}

/** All numbers of workers and work. */
export type ToldStats = ReturnType<typeof toldStats>;

/** The filter as it travels. */
export function deadLetterFilter(asked: AskedDeadLetters): DeadLetterFilter {
  const {
    job = "",
    capability = "",
    errorClass = "",
    messageContains = "",
    deadFrom,
    deadBefore,
    workIds = [],
  } = asked;
  return {
    $typeName: "verbatim.queue.v1.DeadLetterFilter",
    job,
    capability,
    errorClass,
    messageContains,
    workIds: [...workIds],
    deadFrom: deadFrom === undefined ? undefined : timestamp(deadFrom),
    deadBefore: deadBefore === undefined ? undefined : timestamp(deadBefore),
  };
}

/** The number of an operation on the wire; undefined = there is no such operation. */
export function changeOperationNumber(name: string): ChangeOperation | undefined {
  return OPERATIONS.get(name);
}

/** The name of an operation on the wire. */
export function changeOperationName(operation: ChangeOperation): string {
  return [...OPERATIONS].find(([, one]) => one === operation)?.[0] ?? "unknown";
}
