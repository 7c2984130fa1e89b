import type { HealthStatus, JsonObject } from "#model";

/** What health looked like at one moment. */
export interface HealthSnapshot extends JsonObject {
  readonly status: HealthStatus;
  /** What was measured, each with its unit in the name. */
  readonly signals: JsonObject;
}

/** Port: looks, and changes nothing (EXEC-004). A throw is recorded as `health_error` and alters no outcome. */
export interface HealthObserver {
  observeHealth(): HealthSnapshot | Promise<HealthSnapshot>;
}
