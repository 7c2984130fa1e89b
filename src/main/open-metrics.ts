import type { GrpcServer } from "#api";
import type { StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import type { RunningHooks } from "./hooks.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { systemClock } from "./system-clock.ts";
import { versionOfPackage } from "./version-of-package.ts";
import { textOf } from "./work-log.ts";

/** What metrics are opened with. */
export interface MetricsContext {
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
}

/** The metrics of a server with a side port; undefined = nobody could read them, and nobody pays for them. */
export async function openMetrics(
  { http, store }: LoadedConfiguration,
  { resources, log }: MetricsContext,
): Promise<ServerMetrics | undefined> {
  if (http === undefined) return undefined;
  const { ServerMetrics: Metrics } = await import("./metrics/server-metrics.ts");
  const build = { version: versionOfPackage(), node: process.versions.node, store };
  const onProblem = (error: unknown): void => log("internal.error", { method: "/metrics", error: textOf(error) });
  const metrics = new Metrics({ clock: systemClock, build, onProblem });
  resources.defer(() => metrics.close());
  return metrics;
}

/** What metrics are read from. */
export interface MetricParts {
  readonly server: GrpcServer;
  readonly hooks: RunningHooks | undefined;
  readonly stepTypes: readonly StepType[];
  readonly store: EvidenceStore;
  readonly contractStore: EvidenceStore | undefined;
}

/** Says where the numbers are that others keep. */
export function connectMetrics(metrics: ServerMetrics | undefined, parts: MetricParts): void {
  const { server, hooks, stepTypes, store, contractStore } = parts;
  metrics?.connect({
    ...(hooks !== undefined && { work: () => hooks.part.desk.watched() }),
    capabilities: stepTypes.map(({ name }) => name),
    relay: () => hooks?.relay(),
    halted: () => ({
      runs: store.halted !== undefined,
      ...(contractStore !== undefined && { contracts: contractStore.halted !== undefined }),
    }),
    open: () => server.open,
  });
}
