import type { HealthObserver, HealthSnapshot } from "../health-observer.ts";

/** Always observes `snapshot`, as it was when this was called: a double for tests, and for who wants no observation. */
export function createFixedObserver(snapshot: HealthSnapshot): HealthObserver {
  const fixed = freeze(structuredClone(snapshot));
  return { observeHealth: () => fixed };
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
