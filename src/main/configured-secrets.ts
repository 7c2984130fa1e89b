import { resolve } from "node:path";
import { createSecretVault } from "#effects";
import type { SecretVault } from "#effects";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";

/** The secrets of the configuration; undefined if it has none, so that nobody else pays for them. @throws {Fault} */
export function configuredSecrets({ base, secrets }: LoadedConfiguration): SecretVault | undefined {
  const named = Object.entries(secrets);
  if (named.length === 0) return undefined;
  const sources = named.map(([name, source]) => [
    name,
    "file" in source ? { file: resolve(base, source.file) } : source,
  ]);
  return createSecretVault({ sources: Object.fromEntries(sources), environment: process.env });
}

/** The same log without the values of secrets. */
export function redactedLog(log: EventLog, vault: SecretVault | undefined): EventLog {
  if (vault === undefined) return log;
  return (event, facts) => log(event, vault.redactor.json(facts) as typeof facts); // facts are plain objects
}
