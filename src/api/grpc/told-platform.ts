import type {
  HealthSignal,
  HealthState,
  HealthStatus as Status,
  Json,
  PastSignal,
  PlatformCapability,
  PlatformChange,
  PlatformValue,
} from "#model";
import type { GetHealthResponse, Signal } from "../gen/verbatim/health/v1/health_pb.ts";
import { HealthStatus } from "../gen/verbatim/health/v1/health_pb.ts";
import type { Capability, Change, ConfigurationValue } from "../gen/verbatim/platform/v1/platform_pb.ts";
import { CapabilityState } from "../gen/verbatim/platform/v1/platform_pb.ts";
import { jsonOf, rfc3339 } from "./wire-values.ts";

/** A capability as a server tells it. */
export function toldCapability({ name, state, frozen, parameters }: Capability): PlatformCapability {
  return {
    name,
    state: state === CapabilityState.ENABLED ? "enabled" : "disabled",
    frozen,
    parameters: Object.fromEntries(parameters.map((parameter) => [parameter.name, valueOf(parameter.valueJson)])),
  };
}

/** A value of the platform's configuration as a server tells it. */
export function toldValue({ key, valueJson, version, changedAt, changedBy }: ConfigurationValue): PlatformValue {
  return {
    key,
    value: valueOf(valueJson),
    version: Number(version),
    changedAt: rfc3339(changedAt),
    changedBy: changedBy === "" ? null : changedBy,
  };
}

/** An entry of the journal as a server tells it. */
export function toldChange({ seq, key, beforeJson, afterJson, by, at }: Change): PlatformChange {
  return {
    seq: Number(seq),
    key,
    change: beforeJson.length === 0 ? "insert" : afterJson.length === 0 ? "delete" : "update",
    before: valueOf(beforeJson),
    after: valueOf(afterJson),
    by: by === "" ? null : by,
    at: rfc3339(at),
  };
}

/** The state of health as a server tells it. */
export function toldHealth({ scope, status, blocks, reasons }: GetHealthResponse): HealthState {
  return { scope, status: STATUSES.get(status) ?? "UNKNOWN", blocks, reasons };
}

/** A signal as a server tells it. */
export function toldSignal(signal: Signal): HealthSignal & Pick<PastSignal, "until"> {
  const { source, scope, status, reason, since, reportedAt, expiresAt, expired, until } = signal;
  return {
    source,
    scope,
    status: STATUSES.get(status) ?? "UNKNOWN",
    reason,
    since: rfc3339(since),
    reportedAt: rfc3339(reportedAt),
    expiresAt: expiresAt === undefined ? null : rfc3339(expiresAt),
    expired,
    until: until === undefined ? null : rfc3339(until),
  };
}

/** The number by which a status travels. */
export function healthStatusNumber(status: Status): HealthStatus {
  return HEALTH_STATUS[status];
}

/** The status that travels as a number; undefined = there is no such status. */
export function healthStatusOf(number: number): Status | undefined {
  return STATUSES.get(number);
}

const HEALTH_STATUS = {
  HEALTHY: HealthStatus.HEALTHY,
  DEGRADED: HealthStatus.DEGRADED,
  BLOCKED: HealthStatus.BLOCKED,
  UNKNOWN: HealthStatus.UNKNOWN,
} as const satisfies Record<Status, HealthStatus>;

const STATUSES: ReadonlyMap<number, Status> = new Map([
  [HealthStatus.HEALTHY, "HEALTHY"],
  [HealthStatus.DEGRADED, "DEGRADED"],
  [HealthStatus.BLOCKED, "BLOCKED"],
  [HealthStatus.UNKNOWN, "UNKNOWN"],
]);

function valueOf(bytes: Uint8Array): Json {
  return jsonOf(bytes) ?? null;
}
