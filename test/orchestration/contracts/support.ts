import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  createCapabilityDisable,
  createCapabilityEnable,
  createChangeRevert,
  createConfigurationUpdate,
  createParameterChange,
  openPlatformStore,
} from "#effects";
import type { StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import { createFixedObserver, openHealthSignals } from "#health";
import { contractAuthority, ContractKeeper, createJobRunner } from "#orchestration";
import type { CarryOutNews, JobRunner } from "#orchestration";
import { ManualClock } from "../../support/clock.ts";
import { memoryStore } from "../../support/evidence-store.ts";

/** What survives a restart, and what does not. */
export interface World extends Disposable {
  readonly clock: ManualClock;
  readonly store: EvidenceStore;
  readonly runStore: EvidenceStore;
  readonly platform: ReturnType<typeof openPlatformStore>;
  readonly signals: ReturnType<typeof openHealthSignals>;
  readonly news: CarryOutNews[];
  /** A keeper as a start makes it, on what is there; `life` is what ends its process. */
  start(life?: Life): { readonly keeper: ContractKeeper; readonly runner: JobRunner };
  /** Writes to the platform's file behind everybody's back. */
  readonly write: (this: void, sql: string) => void;
}

/** What a keeper's process reaches the world through, for as long as it lives. */
export interface Life {
  storeOf(store: EvidenceStore): EvidenceStore;
  typeOf(type: StepType): StepType;
}

const ENDLESS: Life = { storeOf: (store) => store, typeOf: (type) => type };

/** A platform with real tables, stores in memory, and a clock that stands; `types` take the place of step types of their names. */
export function createWorld(
  types: (world: Pick<World, "platform" | "write">) => readonly StepType[] = () => [],
): World {
  const directory = mkdtempSync(join(tmpdir(), "verbatim-contracts-"));
  const clock = new ManualClock();
  const path = join(directory, "platform.db");
  const capabilities = [{ name: "billing" }, { name: "search" }, { name: "legacy", frozen: true }];
  const platform = openPlatformStore({ path, clock, capabilities });
  const observer = createFixedObserver({ status: "HEALTHY", signals: {} });
  const signals = openHealthSignals({ path: join(directory, "health.db"), clock, observer });
  const [store, runStore] = [memoryStore(), memoryStore()];
  const news: CarryOutNews[] = [];
  const write = (sql: string): void => {
    using file = new DatabaseSync(path);
    file.exec(sql);
  };
  const own = types({ platform, write });
  const standard = [
    createCapabilityEnable,
    createCapabilityDisable,
    createConfigurationUpdate,
    createParameterChange,
    createChangeRevert,
  ].map((create) => create(platform));
  const names = new Set(own.map(({ name }) => name));
  const stepTypes = [...standard.filter(({ name }) => !names.has(name)), ...own];
  return {
    clock,
    store,
    runStore,
    platform,
    signals,
    news,
    write,
    start(life = ENDLESS) {
      const [ownStore, ownRunStore] = [life.storeOf(store), life.storeOf(runStore)];
      const authority = contractAuthority(ownStore, ownRunStore);
      const runner = createJobRunner({
        store: ownRunStore,
        clock,
        stepTypes: stepTypes.map((type) => life.typeOf(type)),
        authority,
        admission: "contract",
        maxActiveJobs: 10,
      });
      const keeper = new ContractKeeper({
        store: ownStore,
        runStore: ownRunStore,
        runner,
        clock,
        platform,
        systemPreApproved: false,
        health: signals,
        requestsPerMinute: 5,
        stabilisationHours: 24,
        settleMs: 0,
        onNews: (told) => news.push(told),
      });
      return { keeper, runner };
    },
    [Symbol.dispose]() {
      platform.close();
      signals[Symbol.dispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A request that the machines let through. */
export function enable(capability: string, reference = "T-1") {
  return {
    source: "support_ticket",
    reference,
    submittedBy: "ada",
    title: `Enable the capability ${capability}`,
    description: `Please enable the ${capability} capability.`,
    urgency: "normal",
    changes: [{ type: "capability_enable", capability }],
    capabilities: [capability],
  };
}

/** Submits a request and has it approved by somebody else; answers its id. */
export async function approved(keeper: ContractKeeper, request: unknown): Promise<string> {
  const { record } = await keeper.submit(request, 72);
  const { contractId, version, planHash = "" } = record.contract;
  await keeper.review({
    contractId,
    actor: "grace",
    expectedVersion: version,
    decision: "approve",
    comment: "",
    planHash,
  });
  return contractId;
}

/** Waits until a contract has ended, or waits for a person. */
export async function untilAtRest(keeper: ContractKeeper, contractId: string) {
  for (;;) {
    const record = await keeper.get(contractId);
    if (record.contract.state !== "ACTIVE" || record.verdicts.audit?.decision === "INCONCLUSIVE") return record;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
