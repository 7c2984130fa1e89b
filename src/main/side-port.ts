import type { GrpcServerOptions, WebhookNews } from "#api";
import { configuredWebhooks } from "./webhooks.ts";
import type { RunningHooks } from "./hooks.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { systemClock } from "./system-clock.ts";
import { textOf } from "./work-log.ts";

/** Refusals that are logged in a second; all of them are counted. */
const LOGGED_A_SECOND = 100;

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
  const logNews = webhookLog(log);
  const onWebhook = (news: WebhookNews): void => {
    metrics?.onWebhook(news);
    logNews(news);
  };
  return {
    development: configuration.development,
    ...(metrics !== undefined && { metricsPage: metrics.page, onCall: metrics.onCall }),
    ...(endpoints !== undefined && { webhooks: { endpoints, onWebhook } }),
  };
}

/** Strangers can send what is refused as fast as they like: the log is not theirs to fill. */
function webhookLog(log: EventLog): (news: WebhookNews) => void {
  let sinceMs = -Infinity;
  let logged = 0;
  return (news) => {
    const { endpoint } = news;
    if (news.outcome === "failed") log("webhook.failed", { endpoint, error: textOf(news.error) });
    if (news.outcome !== "refused") return;
    const nowMs = systemClock.monotonicMs();
    if (nowMs - sinceMs >= 1000) [sinceMs, logged] = [nowMs, 0];
    logged += 1;
    if (logged <= LOGGED_A_SECOND) log("webhook.refused", { endpoint, reason: news.reason, peer: news.peer });
  };
}
