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
import { createProcessObserver, createSignalsObserver, openHealthSignals } from "#health";
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

/** What the platform adds to a server; of a configuration without one, nothing but the observer of the process. */
export interface OpenPlatform {
  readonly stepTypes: readonly StepType[];
  /** What the executor looks with: the process, and what was said about health. */
  readonly health: HealthObserver;
  /** What is told over the wire. */
  readonly served: { readonly platform?: PlatformStore; readonly signals?: OpenHealthSignals };
}

/**
 * Opens `platform.db` and `health.db` in the state directory, which is ours, and closes them with `resources`.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export function openPlatform(
  { platform: configured, state }: LoadedConfiguration,
  resources: AsyncDisposableStack,
): OpenPlatform {
  const clock = systemClock;
  const observer = resources.use(createProcessObserver({ directory: state, clock }));
  if (configured === undefined) return { stepTypes: [], health: observer, served: {} };
  const { capabilities } = configured;
  const platform = resources.use(openPlatformStore({ path: join(state, "platform.db"), clock, capabilities }));
  const signals = resources.use(openHealthSignals({ path: join(state, "health.db"), clock, observer }));
  const stepTypes = Object.values(PLATFORM_STEP_TYPES).map((create) => create(platform));
  return { stepTypes, health: createSignalsObserver(observer, signals), served: { platform, signals } };
}
