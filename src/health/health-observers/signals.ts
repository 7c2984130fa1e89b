import type { HealthSignal, HealthView, JsonObject } from "#model";
import { SYSTEM_SCOPE } from "#model";
import type { HealthObserver, HealthSnapshot } from "../health-observer.ts";
import { countsAs, worst, worstFirst } from "../signals/health-rank.ts";

/** Signals that one observation tells: it is recorded after every step. */
const SIGNALS_TOLD = 8;

/**
 * Observes what another observer sees, together with what was reported. Its status is the worst of both, where what is said about
 * single capabilities does not count; `signals` has what was measured, and under `reported` the worst eight signals of any
 * scope that are not HEALTHY, with how many those are. Where everything reported is HEALTHY, an observation is that of the other
 * observer. Looking changes nothing.
 */
export function createSignalsObserver(observer: HealthObserver, reported: Pick<HealthView, "signals">): HealthObserver {
  return {
    observeHealth() {
      const seen = observer.observeHealth();
      const bad = reported.signals().filter((signal) => countsAs(signal) !== "HEALTHY");
      if (bad.length === 0) return seen;
      return seen instanceof Promise ? seen.then((snapshot) => together(snapshot, bad)) : together(seen, bad);
    },
  };
}

function together(seen: HealthSnapshot, bad: readonly HealthSignal[]): HealthSnapshot {
  const ofSystem = bad.filter(({ scope }) => scope === SYSTEM_SCOPE);
  const told = worstFirst(bad).slice(0, SIGNALS_TOLD);
  return {
    ...seen,
    status: worst([seen.status, ...ofSystem.map(countsAs)]),
    signals: { ...seen.signals, reported_count: bad.length, reported: told.map(messageOf) },
  };
}

function messageOf(signal: HealthSignal): JsonObject {
  const { source, scope, reason, expiresAt } = signal;
  return { source, scope, status: countsAs(signal), reason, ...(expiresAt !== null && { expires_at: expiresAt }) };
}
