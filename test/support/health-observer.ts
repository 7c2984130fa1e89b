import type { HealthObserver, HealthSnapshot } from "#health";

/** An observer that does what a test says and counts how often it was asked. */
export interface ScriptedObserver extends HealthObserver {
  readonly observations: number;
}

/** The snapshot that a {@link scriptedObserver} gives at its `index`-th observation if nothing else is said. */
export function snapshot(index: number): HealthSnapshot {
  return { status: "HEALTHY", signals: { observation: index } };
}

/** An observer whose answers come from `answer`, which may return anything, as an observer without types could. */
export function scriptedObserver(answer: (index: number) => unknown = snapshot): ScriptedObserver {
  let observations = 0;
  return {
    get observations() {
      return observations;
    },
    observeHealth() {
      const index = observations;
      observations += 1;
      return answer(index) as HealthSnapshot; // tests return what is no snapshot, too
    },
  };
}
