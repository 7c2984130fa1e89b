import { createCommandHost, ProviderRegistry } from "#effects";
import type { SecretVault, StepType } from "#effects";
import { configuredProviders, startsProcesses } from "./configured-step-types.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { loadHandlers } from "./load-handlers.ts";
import { loadProviders } from "./load-providers.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

/** What providers are registered with. */
export interface RegisterOptions {
  /** Step types that no configuration offers. */
  readonly given: readonly StepType[];
  readonly secrets: SecretVault | undefined;
  readonly log: EventLog;
  /** Closes them. */
  readonly resources: AsyncDisposableStack;
}

/**
 * Registers all that the configuration names but for the platform's step types, before anything of the state directory is touched: those that are
 * built in, then the operator's own modules, then the providers of others. None is initialised yet.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export async function registerProviders(
  configuration: LoadedConfiguration,
  { given, secrets, log, resources }: RegisterOptions,
): Promise<ProviderRegistry> {
  const host = startsProcesses(configuration) ? resources.use(createCommandHost({ clock: systemClock })) : undefined;
  const registry = resources.use(new ProviderRegistry());
  if (given.length > 0) registry.register({ name: "given", stepTypes: given });
  for (const provider of configuredProviders(configuration, { secrets, host })) registry.register(provider);
  await loadHandlers(configuration, { secrets, clock: systemClock, registry });
  if (host !== undefined) await loadProviders(configuration, { secrets, log, host, registry });
  return registry;
}

/**
 * Registers the platform's step types too, initialises all, and answers all step types. The providers are closed before whatever
 * `resources` had before: so they end before what their results are kept in.
 * @throws {Fault} INVALID_CONFIGURATION that names each provider that failed; then none is left running.
 */
export async function initProviders(
  registry: ProviderRegistry,
  { ofPlatform, resources }: { readonly ofPlatform: readonly StepType[]; readonly resources: AsyncDisposableStack },
): Promise<readonly StepType[]> {
  if (ofPlatform.length > 0) registry.register({ name: "platform", stepTypes: ofPlatform });
  await registry.init();
  resources.defer(() => registry[Symbol.asyncDispose]());
  return registry.stepTypes;
}
