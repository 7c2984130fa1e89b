import { join } from "node:path";
import {
  createCapabilityDisable,
  createCapabilityEnable,
  createChangeRevert,
  createConfigurationUpdate,
  createParameterChange,
  openPlatformStore,
} from "#effects";
import type { PlatformStore, StepType } from "#effects";
import { createSignalsObserver, openHealthSignals } from "#health";
import type { HealthObserver, OpenHealthSignals } from "#health";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { systemClock } from "./system-clock.ts";

/** The step types that a configuration with a platform offers; nothing else may have their names. */
export const PLATFORM_STEP_TYPES = {
  capability_enable: createCapabilityEnable,
  capability_disable: createCapabilityDisable,
  configuration_update: createConfigurationUpdate,
  parameter_change: createParameterChange,
  change_revert: createChangeRevert,
} as const;

/** What a configuration with a platform adds. */
export interface OpenPlatform {
  readonly platform: PlatformStore;
  readonly signals: OpenHealthSignals;
  readonly stepTypes: readonly StepType[];
  /** What the executor looks with: the process, and what was said about health. */
  readonly health: HealthObserver;
}

/** What it is opened with. */
export interface PlatformContext {
  /** Closes it. */
  readonly resources: AsyncDisposableStack;
  /** What looks at this process. */
  readonly observer: HealthObserver;
}

/**
 * Opens `platform.db` and `health.db` in the state directory, which is ours; undefined if the configuration has no platform.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export function openPlatform(
  { platform: configured, state }: LoadedConfiguration,
  { resources, observer }: PlatformContext,
): OpenPlatform | undefined {
  if (configured === undefined) return undefined;
  const { capabilities } = configured;
  const platform = resources.use(
    openPlatformStore({ path: join(state, "platform.db"), clock: systemClock, capabilities }),
  );
  const signals = resources.use(openHealthSignals({ path: join(state, "health.db"), clock: systemClock, observer }));
  const stepTypes = Object.values(PLATFORM_STEP_TYPES).map((create) => create(platform));
  return { platform, signals, stepTypes, health: createSignalsObserver(observer, signals) };
}
