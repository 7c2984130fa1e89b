import type { HealthSignal, HealthState, HealthStatus, JsonObject } from "#model";
import type { Paint, Tone } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { tableText } from "../text/table.ts";

const MARKS: Readonly<Record<HealthStatus, readonly [glyph: string, tone: Tone]>> = {
  HEALTHY: ["✓", "good"],
  DEGRADED: ["▸", "doubtful"],
  UNKNOWN: ["?", "doubtful"],
  BLOCKED: ["✗", "bad"],
};

/** What health comes to, why, and the signals that were told. */
export function healthText(
  { scope, status, blocks, reasons }: HealthState,
  signals: readonly HealthSignal[],
  { paint, columns }: { readonly paint: Paint; readonly columns: number },
): string {
  const [glyph, tone] = MARKS[status];
  const first = `${paint(tone, `${glyph} ${status}`)}  ${safeText(scope)}${blocks ? "  nothing may be changed" : ""}\n`;
  const why = reasons.map((reason) => `  ${safeText(reason)}\n`).join("");
  if (signals.length === 0) return `${first}${why}No signals.\n`;
  const rows = signals.map((signal) => [
    signal.scope,
    signal.source,
    signal.expired ? `${signal.status} (expired)` : signal.status,
    signal.since,
    signal.expiresAt ?? "never",
    signal.reason,
  ]);
  return `${first}${why}${tableText(["SCOPE", "SOURCE", "STATUS", "SINCE", "EXPIRES", "REASON"], rows, columns)}`;
}

/** The state of health for programs. */
export function healthJson({ scope, status, blocks, reasons }: HealthState): JsonObject {
  return { scope, status, blocks, reasons };
}

/** A signal for programs. */
export function signalJson(signal: HealthSignal): JsonObject {
  const { source, scope, status, reason, since, reportedAt, expiresAt, expired } = signal;
  return { source, scope, status, reason, since, reported_at: reportedAt, expires_at: expiresAt, expired };
}
