export type { HealthObserver, HealthSnapshot } from "./health-observer.ts";
export { createProcessObserver } from "./health-observers/process.ts";
export type { ProcessObserver, ProcessObserverOptions, ProcessThresholds } from "./health-observers/process.ts";
export { createFixedObserver } from "./health-observers/fixed.ts";
export { createSignalsObserver } from "./health-observers/signals.ts";
export { openHealthSignals } from "./signals/health-signals.ts";
export type { HealthSignalsOptions, OpenHealthSignals } from "./signals/health-signals.ts";
