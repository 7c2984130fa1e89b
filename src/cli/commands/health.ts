import { healthStatusNumber, toldHealth, toldSignal } from "#api";
import { SYSTEM_SCOPE } from "#model";
import type { HealthSignal, HealthStatus } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { actorOf } from "../plan-run/words-of-people.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";
import { healthJson, healthText, signalJson } from "../views/health.ts";

/** Flags of the commands that say something about health. */
export interface SourceFlags extends CommonFlags {
  /** Who says it; default: `person:` and the user's name. */
  readonly source?: string;
}

/** Flags of `health report`. */
export interface ReportFlags extends SourceFlags {
  readonly status: HealthStatus;
  readonly reason: string;
  /** Seconds after which it counts as UNKNOWN. */
  readonly ttl?: number;
}

/** `verbatim health show [SCOPE]`: what health comes to, with the signals of the scope; of the platform all signals. */
export async function showHealth(scope: string, flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const health = connection.client.platformHealth;
  const state = toldHealth(await health.getHealth({ scope }));
  const all = (await health.listSignals({})).signals.map(toldSignal);
  const signals = scope === SYSTEM_SCOPE ? all : all.filter((signal) => signal.scope === scope);
  if (json) await stdout.json(`${JSON.stringify({ ...healthJson(state), signals: signals.map(signalJson) })}\n`);
  else await stdout.write(healthText(state, signals, stdout));
  return EXIT.succeeded;
}

/** `verbatim health report SCOPE`: says something about the health of the platform or of a capability. */
export async function reportHealth(
  scope: string,
  flags: ReportFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  await using connection = await host.connect(flags);
  const { status, reason, ttl } = flags;
  const { signal } = await connection.client.platformHealth.reportSignal({
    source: sourceOf(flags, host),
    scope,
    status: healthStatusNumber(status),
    reason,
    ...(ttl !== undefined && { ttlSeconds: ttl }),
  });
  if (signal === undefined) return EXIT.runFailed; // a server of ours always tells it
  const told = toldSignal(signal);
  await (json ? stdout.json(`${JSON.stringify(signalJson(told))}\n`) : stdout.line(saidText(told)));
  return EXIT.succeeded;
}

/** `verbatim health withdraw SCOPE`: takes back what a source has said. */
export async function withdrawHealth(
  scope: string,
  flags: SourceFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  await using connection = await host.connect(flags);
  const source = sourceOf(flags, host);
  const { withdrawn } = await connection.client.platformHealth.withdrawSignal({ source, scope });
  const said = withdrawn ? "withdrawn" : "nothing was said";
  if (json) await stdout.json(`${JSON.stringify({ source, scope, withdrawn })}\n`);
  else await stdout.line(`${safeText(scope)}: ${said} by ${safeText(source)}`);
  return withdrawn ? EXIT.succeeded : EXIT.notFound;
}

function saidText({ scope, source, status, expiresAt }: HealthSignal): string {
  const until = expiresAt === null ? "" : `, until ${expiresAt}`;
  return `${safeText(scope)}: ${status} by ${safeText(source)}${until}`;
}

function sourceOf({ source }: SourceFlags, host: Session["host"]): string {
  return source ?? `person:${actorOf({}, host)}`;
}
