import type { EntityRecord, Hook, Violation, Work } from "#model";
import type { WorkNumbers } from "#orchestration";
import type { Hook as HookMessage } from "../gen/verbatim/hooks/v1/hooks_pb.ts";
import { ChangeOperation } from "../gen/verbatim/hooks/v1/hooks_pb.ts";
import type { CapabilityStats, GetStatsResponse, Work as WorkMessage } from "../gen/verbatim/queue/v1/queue_pb.ts";
import { WorkState } from "../gen/verbatim/queue/v1/queue_pb.ts";
import { plainJsonBytes, timestamp } from "./wire-values.ts";

const STATES = {
  pending: WorkState.PENDING,
  running: WorkState.RUNNING,
  failed: WorkState.FAILED,
  completed: WorkState.COMPLETED,
  dead: WorkState.DEAD,
  discarded: WorkState.DISCARDED,
} as const;

const OPERATIONS = {
  create: ChangeOperation.CREATE,
  update: ChangeOperation.UPDATE,
  delete: ChangeOperation.DELETE,
} as const;

/** The message of a piece of work. */
export function workMessage(work: Work): WorkMessage {
  const { id, name, capability, state, attempts, createdMs, dueMs, endedMs, errors, payload } = work;
  return {
    $typeName: "verbatim.queue.v1.Work",
    id,
    job: name,
    capability,
    state: STATES[state],
    attempts,
    createdAt: time(createdMs),
    dueAt: endedMs === undefined ? time(dueMs) : undefined,
    endedAt: endedMs === undefined ? undefined : time(endedMs),
    errors: errors.map(({ attempt, at, errorClass, message }) => ({
      $typeName: "verbatim.queue.v1.WorkError",
      attempt,
      at: timestamp(at),
      errorClass,
      message,
    })),
    payloadJson: plainJsonBytes(payload),
    redrives: work.redrives ?? "",
    redrivenAs: work.redrivenAs ?? "",
    discardedBy: work.discarded?.by ?? "",
    discardedReason: work.discarded?.reason ?? "",
  };
}

/** The message of a hook. */
export function hookMessage({ name, entity, operation, jobs, condition }: Hook): HookMessage {
  return {
    $typeName: "verbatim.hooks.v1.Hook",
    name,
    entity,
    operation: OPERATIONS[operation],
    jobs: [...jobs],
    condition: condition ?? "",
  };
}

/** The message of all numbers. */
export function statsMessage({
  states,
  oldestAgeMs,
  capabilities,
  workers,
  busy,
  queue,
}: WorkNumbers): GetStatsResponse {
  const sum = (column: "enqueued" | "completed" | "failed" | "retried" | "dead"): number =>
    capabilities.reduce((total, one) => total + one[column], 0);
  const totals = {
    capability: "",
    enqueued: sum("enqueued"),
    completed: sum("completed"),
    failed: sum("failed"),
    retried: sum("retried"),
    dead: sum("dead"),
  };
  return {
    $typeName: "verbatim.queue.v1.GetStatsResponse",
    workerCount: workers,
    workersBusy: busy,
    queueDepth: BigInt(states.pending + states.failed),
    pending: BigInt(states.pending),
    running: BigInt(states.running),
    failed: BigInt(states.failed),
    dead: BigInt(states.dead),
    oldestAgeSeconds: (oldestAgeMs ?? 0) / 1000,
    totals: capabilityMessage(totals),
    capabilities: capabilities.map(capabilityMessage),
    queueAvailable: queue !== undefined,
  };
}

function capabilityMessage(stats: WorkNumbers["capabilities"][number]): CapabilityStats {
  return {
    $typeName: "verbatim.queue.v1.CapabilityStats",
    capability: stats.capability,
    enqueued: BigInt(stats.enqueued),
    completed: BigInt(stats.completed),
    failed: BigInt(stats.failed),
    retried: BigInt(stats.retried),
    dead: BigInt(stats.dead),
  };
}

function time(ms: number): ReturnType<typeof timestamp> {
  return timestamp(new Date(ms).toISOString());
}

/** Characters of a piece of work that vary: by them a page is bounded. */
export function sizeOfWork({ payloadJson, errors }: WorkMessage): number {
  return payloadJson.length + errors.reduce((sum, { message }) => sum + message.length, 0);
}

/** A record that a caller tells as JSON; where it is none, its problem is added. */
export function toldRecord(field: string, bytes: Uint8Array, violations: Violation[]): EntityRecord {
  const tell = (seen: string): EntityRecord => {
    violations.push({ field, description: `${seen}; expected a JSON object, UTF-8, such as {"id": 7}` });
    return {};
  };
  if (bytes.length === 0) return tell("is missing");
  if (bytes.length > RECORD_BYTES) return tell(`has ${bytes.length} bytes, and at most ${RECORD_BYTES} are allowed`);
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return tell("is another JSON value");
    return value as EntityRecord; // JSON.parse gives JSON
  } catch {
    return tell("is no JSON");
  }
}

const RECORD_BYTES = 128 * 1024;
