export { check } from "./check.ts";
export type { CheckOptions } from "./check.ts";
export { runCanary } from "./canary/run-canary.ts";
export type { CanaryReport } from "./canary/run-canary.ts";
export type { Finding, Hop, Place } from "./report/finding.ts";
export type { Report } from "./report/report.ts";
