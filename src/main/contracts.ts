import { randomUUIDv7 } from "node:crypto";
import { join } from "node:path";
import { createMemoryStore, createSqliteStore, makeDirectory } from "#evidence";
import type { EvidenceStore, LogStoreOptions } from "#evidence";
import { Fault } from "#model";
import type { HealthView, Platform } from "#model";
import { ContractKeeper } from "#orchestration";
import type { CarryOutNews, JobRunner } from "#orchestration";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

const DIRECTORY = "contracts";

/** @throws {Fault} INVALID_CONFIGURATION if nothing runs without a contract, and there is nothing that one could change. */
export function requirePlatform({ governance, platform }: LoadedConfiguration): void {
  if (governance !== "required" || platform !== undefined) return;
  const description =
    "is missing, and `governance: required` lets only contracts have jobs run: say what they may change";
  const text = `The configuration is not valid: \`platform\` ${description}.`;
  throw new Fault("INVALID_CONFIGURATION", text, { violations: [{ field: "platform", description }] });
}

/** What the store of contracts is opened with. */
export interface ContractStoreContext {
  readonly resources: AsyncDisposableStack;
  readonly onHalt: (why: string) => void;
}

/** Opens the logs of contracts: a store of their own, in the state directory. */
export function openContractStore(
  { state, store: kind }: LoadedConfiguration,
  { resources, onHalt }: ContractStoreContext,
): EvidenceStore {
  const options: LogStoreOptions = { newEventId: randomUUIDv7, onHalt };
  if (kind === "memory") return resources.adopt(createMemoryStore(options), (store) => store.close());
  const directory = join(state, DIRECTORY);
  makeDirectory(directory);
  return resources.adopt(createSqliteStore(directory, options), (store) => store.close());
}

/** What contracts are kept with. */
export interface ContractParts {
  readonly contractStore: EvidenceStore;
  /** The logs of jobs, which audits read. */
  readonly store: EvidenceStore;
  readonly served: { readonly platform?: Platform; readonly signals?: HealthView };
  readonly runner: JobRunner;
  readonly log: EventLog;
}

/** Makes the keeper of contracts; undefined if there is no platform. */
export function createContractKeeper(
  { contracts, platform: configured }: LoadedConfiguration,
  { contractStore, store, served, runner, log }: ContractParts,
): ContractKeeper | undefined {
  const { platform, signals: health } = served;
  if (platform === undefined || health === undefined) return undefined;
  return new ContractKeeper({
    store: contractStore,
    runStore: store,
    runner,
    platform,
    health,
    clock: systemClock,
    systemPreApproved: configured?.system_pre_approved ?? false,
    requestsPerMinute: contracts.requests_per_minute,
    stabilisationHours: contracts.stabilisation_hours,
    settleMs: contracts.settle_seconds * 1000,
    onNews: (news) => tell(news, log),
  });
}

function tell(news: CarryOutNews, log: EventLog): void {
  if (news.kind === "ended")
    log("contract.ended", { contract_id: news.contractId, state: news.state, reason: news.reason });
  else if (news.kind === "inconclusive")
    log("contract.inconclusive", { contract_id: news.contractId, reason: news.reason });
  else if (news.kind === "waits") log("contract.waits", { contract_id: news.contractId, why: textOf(news.error) });
  else log("contract.waits", { why: textOf(news.error) });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
