import type { GrpcServerOptions, WebhookNews } from "#api";
import { configuredWebhooks } from "./webhooks.ts";
import type { RunningHooks } from "./hooks.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { textOf } from "./work-log.ts";

/** What the side port is put together from. */
export interface SidePortParts {
  readonly hooks: RunningHooks | undefined;
  readonly metrics: ServerMetrics | undefined;
  readonly log: EventLog;
}

/** What a server serves on its side port beside its methods. @throws {Fault} INVALID_CONFIGURATION */
export function sidePortOf(
  configuration: LoadedConfiguration,
  { hooks, metrics, log }: SidePortParts,
): Pick<GrpcServerOptions, "metricsPage" | "onCall" | "development" | "webhooks"> {
  const endpoints = configuredWebhooks(configuration, hooks?.part);
  const onWebhook = (news: WebhookNews): void => {
    metrics?.onWebhook(news);
    logWebhook(news, log);
  };
  return {
    development: configuration.development,
    ...(metrics !== undefined && { metricsPage: metrics.page, onCall: metrics.onCall }),
    ...(endpoints !== undefined && { webhooks: { endpoints, onWebhook } }),
  };
}

function logWebhook(news: WebhookNews, log: EventLog): void {
  const { endpoint } = news;
  if (news.outcome === "refused") log("webhook.refused", { endpoint, reason: news.reason, peer: news.peer });
  else if (news.outcome === "failed") log("webhook.failed", { endpoint, error: textOf(news.error) });
}
