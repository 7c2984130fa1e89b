import { randomUUID } from "node:crypto";
import { loadIsolatedProvider } from "#effects";
import type { CommandHost, LoadedProvider, ProviderNews, ProviderRegistry, SecretVault } from "#effects";
import { Fault } from "#model";
import type { JsonObject, Violation } from "#model";
import { findHandler } from "./handler-files.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { registrationProblems } from "./registration-problems.ts";
import { systemClock } from "./system-clock.ts";

/** What providers of others are loaded with. */
export interface LoadProvidersOptions {
  readonly secrets: SecretVault | undefined;
  readonly log: EventLog;
  readonly host: CommandHost;
  /** Takes in each of them. */
  readonly registry: ProviderRegistry;
}

type Configured = LoadedConfiguration["providers"][number];

/**
 * Loads the modules that the configuration lists under `providers`, each in a process of its own, and registers them in their order.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of every module; then none of their processes is left.
 */
export async function loadProviders(configuration: LoadedConfiguration, options: LoadProvidersOptions): Promise<void> {
  const violations: Violation[] = [];
  const loaded = await Promise.all(configuration.providers.map((one) => load(one, configuration, options)));
  for (const [index, answer] of loaded.entries()) {
    const { module } = configuration.providers[index] ?? { module: "" };
    const problems = "problem" in answer ? [answer.problem] : registrationProblems(options.registry, answer.provider);
    for (const problem of problems)
      violations.push({ field: `providers[${index}]`, description: `${module} ${problem}` });
    if (problems.length > 0 && "provider" in answer) await answer.provider.close?.();
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `\n  ${field}: ${description}`).join("");
  throw new Fault("INVALID_CONFIGURATION", `Providers of the configuration cannot be used:${list}`, { violations });
}

async function load(
  one: Configured,
  configuration: LoadedConfiguration,
  { secrets, log, host }: LoadProvidersOptions,
): Promise<LoadedProvider> {
  const found = findHandler(one.module, configuration);
  if ("problem" in found) return found;
  return await loadIsolatedProvider({
    file: found.file,
    settings: one.settings as JsonObject, // YAML and JSON hold nothing else
    secretNames: one.secrets,
    secrets,
    environment: one.environment,
    processes: one.processes,
    memoryMebibytes: one.memory_mb,
    startSeconds: one.start_seconds,
    clock: systemClock,
    host,
    newMarker: randomUUID,
    onNews: (news) => tell(news, log),
  });
}

function tell(news: ProviderNews, log: EventLog): void {
  const { kind, ...facts } = news;
  log(`provider.${kind}`, facts);
}
