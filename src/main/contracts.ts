import { randomUUIDv7 } from "node:crypto";
import { join } from "node:path";
import { createMemoryStore, createSqliteStore, makeDirectory } from "#evidence";
import type { EvidenceStore, LogStoreOptions } from "#evidence";
import type { HealthView, Platform } from "#model";
import { ContractKeeper } from "#orchestration";
import type { CarryOutNews, JobRunner } from "#orchestration";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

const DIRECTORY = "contracts";

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
  readonly store: EvidenceStore;
  readonly runStore: EvidenceStore;
  readonly runner: JobRunner;
  readonly platform: Platform;
  readonly signals: HealthView;
  readonly log: EventLog;
}

/** Makes the keeper of contracts. */
export function createContractKeeper(configuration: LoadedConfiguration, parts: ContractParts): ContractKeeper {
  const { contracts, platform } = configuration;
  const { store, runStore, runner, signals: health } = parts;
  return new ContractKeeper({
    store,
    runStore,
    runner,
    platform: parts.platform,
    health,
    clock: systemClock,
    systemPreApproved: platform?.system_pre_approved ?? false,
    requestsPerMinute: contracts.requests_per_minute,
    stabilisationHours: contracts.stabilisation_hours,
    onNews: (news) => tell(news, parts.log),
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
