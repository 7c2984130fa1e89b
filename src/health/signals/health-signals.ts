import { Fault, SYSTEM_SCOPE } from "#model";
import type { Clock, HealthReport, HealthSignal, HealthSignals, HealthState, HealthStatus, PastSignal } from "#model";
import type { HealthObserver } from "../health-observer.ts";
import { blocks, countsAs, worst, worstFirst } from "./health-rank.ts";
import {
  HEALTH_BOUNDS,
  refuseIfAny,
  requireMoment,
  requireSoundName,
  requireSoundReport,
  scopeViolations,
} from "./signal-form.ts";
import { SignalsFile } from "./signals-file.ts";
import type { SignalRow } from "./signals-file.ts";

/** What signals are opened with. */
export interface HealthSignalsOptions {
  /** The file; its directory is there. */
  readonly path: string;
  readonly clock: Clock;
  /** What looks at this process: part of the platform's state. */
  readonly observer: HealthObserver;
}

/** Signals in a file, until they are closed. */
export type OpenHealthSignals = HealthSignals & Disposable;

/**
 * Opens what is said about health. There is one signal of each source about each scope; it stands, also over a restart, until it
 * is replaced or withdrawn, and counts as UNKNOWN when its time is over.
 * @throws {Fault} INVALID_CONFIGURATION if the file is not one of this version. @throws SQLite's error.
 */
export function openHealthSignals(options: HealthSignalsOptions): OpenHealthSignals {
  return new FileSignals(options);
}

type Kept = Omit<HealthSignal, "expired">;

/** The file has one writer, so what stands is kept in memory as well: it is looked at after every step. */
class FileSignals implements OpenHealthSignals {
  readonly #file: SignalsFile;
  readonly #clock: Clock;
  readonly #observer: HealthObserver;
  readonly #standing: Map<string, Kept>;

  constructor({ path, clock, observer }: HealthSignalsOptions) {
    this.#file = new SignalsFile(path);
    this.#clock = clock;
    this.#observer = observer;
    this.#standing = new Map(this.#file.standing().map((row) => [nameOf(row), keptOf(row)]));
  }

  report(report: HealthReport): HealthSignal {
    requireSoundReport(report);
    const { source, scope, status, reason, ttlSeconds } = report;
    const now = this.#clock.now();
    const expiresAt = ttlSeconds === undefined ? null : later(now, ttlSeconds);
    const before = this.#standing.get(nameOf(report));
    if (before === undefined) this.#requireRoom();
    const isSame = before?.status === status && before.reason === reason && !isOver(before.expiresAt, now);
    const since = isSame ? before.since : now;
    if (isSame) this.#file.renew(report, now, expiresAt);
    else this.#file.replace({ source, scope, status, reason, since, reported_at: now, expires_at: expiresAt });
    const kept = { source, scope, status, reason, since, reportedAt: now, expiresAt };
    this.#standing.set(nameOf(report), kept);
    return { ...kept, expired: false };
  }

  withdraw(source: string, scope: string): boolean {
    requireSoundName(source, scope);
    const name = { source, scope };
    if (!this.#standing.has(nameOf(name))) return false;
    this.#file.end(name, this.#clock.now());
    return this.#standing.delete(nameOf(name));
  }

  signals(): readonly HealthSignal[] {
    const now = this.#clock.now();
    const all = [...this.#standing].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return all.map(([, kept]) => ({ ...kept, expired: isOver(kept.expiresAt, now) }));
  }

  history(since: string, limit: number = HEALTH_BOUNDS.signalsPerPage): readonly PastSignal[] {
    const most = Math.max(1, Math.min(limit, HEALTH_BOUNDS.signalsPerPage));
    const now = this.#clock.now();
    return this.#file.since(requireMoment(since), most).map((row) => {
      const kept = keptOf(row);
      return { ...kept, expired: isOver(kept.expiresAt, row.until ?? now), until: row.until };
    });
  }

  async state(scope: string = SYSTEM_SCOPE): Promise<HealthState> {
    refuseIfAny(scopeViolations(scope));
    const own = this.signals().filter((signal) => signal.scope === scope);
    if (scope === SYSTEM_SCOPE) return stateOf(scope, own, await seenBy(this.#observer));
    if (own.length === 0) return { ...(await this.state()), scope };
    return stateOf(scope, own);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #requireRoom(): void {
    if (this.#standing.size < HEALTH_BOUNDS.signals) return;
    const text = `${HEALTH_BOUNDS.signals} signals stand, which is the limit; withdraw those that say nothing any more.`;
    throw new Fault("LIMIT_EXCEEDED", text);
  }
}

interface Seen {
  readonly status: HealthStatus;
  readonly reasons: readonly string[];
}

/** What an observer sees; one that fails has seen nothing, and what is not known is UNKNOWN. */
async function seenBy(observer: HealthObserver): Promise<Seen> {
  try {
    const { status, reasons } = await observer.observeHealth();
    return { status, reasons: Array.isArray(reasons) ? reasons.map((reason) => `process: ${String(reason)}`) : [] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { status: "UNKNOWN", reasons: [`process: it could not be looked at: ${why}`] };
  }
}

function stateOf(
  scope: string,
  own: readonly HealthSignal[],
  seen: Seen = { status: "HEALTHY", reasons: [] },
): HealthState {
  const status = worst([...own.map(countsAs), seen.status]);
  const told = worstFirst(own)
    .filter((signal) => countsAs(signal) !== "HEALTHY")
    .map(reasonOf);
  return {
    scope,
    status,
    blocks: blocks(status),
    reasons: [...told, ...seen.reasons].slice(0, HEALTH_BOUNDS.reasonsTold),
  };
}

function reasonOf(signal: HealthSignal): string {
  const { source, reason, expired, expiresAt } = signal;
  const why = expired ? `nothing was said since its time was over at ${String(expiresAt)}` : reason;
  return `${source}: ${countsAs(signal)}${why === "" ? "" : `: ${why}`}`;
}

function nameOf({ source, scope }: { readonly source: string; readonly scope: string }): string {
  return `${scope}\n${source}`;
}

function keptOf({
  source,
  scope,
  status,
  reason,
  since,
  reported_at: reportedAt,
  expires_at: expiresAt,
}: SignalRow): Kept {
  return { source, scope, status: status as HealthStatus, reason, since, reportedAt, expiresAt }; // nothing else was written
}

function later(now: string, seconds: number): string {
  return new Date(Date.parse(now) + seconds * 1000).toISOString();
}

/** Times of one form, so their texts stand in the order of time. */
function isOver(expiresAt: string | null, now: string): boolean {
  return expiresAt !== null && expiresAt <= now;
}
