import { HealthCheckResponse_ServingStatus as ServingStatus } from "../gen/grpc/health/v1/health_pb.ts";
import type { HealthCheckResponse } from "../gen/grpc/health/v1/health_pb.ts";
import type { GetServerResponse } from "../gen/verbatim/server/v1/server_pb.ts";
import { rfc3339 } from "./wire-values.ts";

/** What a server tells of itself. */
export interface ToldServer {
  readonly version: string;
  /** Its clock, RFC 3339; empty if it told none. */
  readonly now: string;
  readonly started_at: string;
  readonly store: string;
  readonly store_halted: boolean;
  /** Empty where the caller is not told why. */
  readonly store_halted_reason: string;
  readonly governance: string;
  readonly identities: boolean;
  readonly caller: ToldCaller;
}

/** Whom a call was taken for. */
export interface ToldCaller {
  readonly name: string;
  readonly roles: readonly string[];
  /** Empty = he sees everything. */
  readonly tenant: string;
  /** `/package.Service/Method`, each that he may call. */
  readonly methods: readonly string[];
}

/** A server as it tells of itself. */
export function toldServer(answer: GetServerResponse): ToldServer {
  const { version, now, startedAt, store, storeHalted, storeHaltedReason, governance, identities, caller } = answer;
  const { name = "", roles = [], tenant = "", methods = [] } = caller ?? {};
  return {
    version,
    now: rfc3339(now),
    started_at: rfc3339(startedAt),
    store,
    store_halted: storeHalted,
    store_halted_reason: storeHaltedReason,
    governance,
    identities,
    caller: { name, roles, tenant, methods },
  };
}

/** Whether a server says that it takes calls. */
export function saysServing({ status }: HealthCheckResponse): boolean {
  return status === ServingStatus.SERVING;
}
