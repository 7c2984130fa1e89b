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
import type { DeclaredCapability, PlatformStore, StepOutput, StepType } from "#effects";
import type { Clock, JsonObject } from "#model";
import { contextOf } from "../../support/bench-of-commands.ts";

export const AT = "2026-11-21T00:00:00.000Z";

/** Time that stands still. */
export const stillClock: Clock = { now: () => AT, monotonicMs: () => 0, after: () => () => undefined };

export const CAPABILITIES: readonly DeclaredCapability[] = [
  { name: "search" },
  { name: "export" },
  { name: "billing", frozen: true },
];

/** A step of a job: its key, its target, its parameters. */
export interface AskedStep {
  readonly key?: string;
  readonly target: string;
  readonly parameters?: JsonObject;
}

/** A platform in a directory of its own, its step types, and whoever writes to its file beside it. */
export interface PlatformBench extends Disposable {
  readonly path: string;
  readonly platform: PlatformStore;
  perform(stepType: string, step: AskedStep): Promise<StepOutput>;
  /** Runs SQL over a connection of somebody else's. */
  hidden(sql: string): void;
  /** Closes the platform and opens it again. */
  reopen(): void;
}

/** Performs a step of a type on a target, as the executor would. */
export async function performOn(type: StepType, { key = "a-job/0", target, parameters = {} }: AskedStep) {
  const step = { stepIndex: 0, stepType: type.name, target, parameters, timeoutSeconds: 300 };
  const context = { ...contextOf(key), stepType: type.name, target };
  return await type.handler.execute(step, context, { signal: new AbortController().signal });
}

/** All step types that change a platform, by name. */
export function stepTypesOf(platform: PlatformStore): ReadonlyMap<string, StepType> {
  const types = [
    createCapabilityEnable(platform),
    createCapabilityDisable(platform),
    createConfigurationUpdate(platform),
    createParameterChange(platform),
    createChangeRevert(platform),
  ];
  return new Map(types.map((type) => [type.name, type]));
}

/** Makes one. */
export function platformBench(): PlatformBench {
  const directory = mkdtempSync(join(tmpdir(), "verbatim-platform-"));
  const path = join(directory, "platform.db");
  const open = (): PlatformStore => openPlatformStore({ path, clock: stillClock, capabilities: CAPABILITIES });
  let platform = open();
  return {
    path,
    get platform() {
      return platform;
    },
    async perform(stepType, step) {
      const type = stepTypesOf(platform).get(stepType);
      if (type === undefined) throw new Error(`there is no step type ${stepType}`);
      return await performOn(type, step);
    },
    hidden(sql) {
      const database = new DatabaseSync(path);
      try {
        database.exec(sql);
      } finally {
        database.close();
      }
    },
    reopen() {
      platform.close();
      platform = open();
    },
    [Symbol.dispose]() {
      platform.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
