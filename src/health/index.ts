export type { HealthObserver, HealthSnapshot, HealthStatus } from "./health-observer.ts";
