import type { ChangeRequest, EligibilityFacts, ValidatorVerdict } from "#governance";
import type { HealthReader, PlatformReader } from "./surroundings.ts";

/** Every server has these, beside the capabilities of its configuration. */
const ALWAYS_KNOWN = ["configuration", "SYSTEM"];

const WORST_FIRST = ["UNKNOWN", "BLOCKED", "DEGRADED"];

/** What is looked up for the rules of eligibility. */
export interface FactSources {
  readonly now: string;
  readonly request: ChangeRequest;
  readonly validation: ValidatorVerdict;
  readonly platform: PlatformReader;
  readonly health: HealthReader;
  /** Contracts of the last 24 hours, and those that have not ended. */
  readonly contracts: EligibilityFacts["contracts"];
}

/** The facts that a verdict on a request rests on; they are stored beside it. */
export function eligibilityFacts(sources: FactSources): EligibilityFacts {
  const { now, request, validation, platform, health, contracts } = sources;
  const capabilities = platform.capabilities();
  return {
    now,
    health: worstHealth(health, request.capabilities),
    confidence: validation.confidence,
    severity: validation.severity,
    recommendation: validation.recommendation,
    issueType: validation.issueType,
    source: request.source,
    capabilities: request.capabilities,
    knownCapabilities: [...new Set([...ALWAYS_KNOWN, ...capabilities.map(({ name }) => name)])],
    frozenCapabilities: capabilities.filter(({ frozen }) => frozen).map(({ name }) => name),
    systemPreApproved: platform.systemPreApproved,
    signals: health
      .signals()
      .filter(({ scope, status }) => status !== "HEALTHY" && concerns(scope, request.capabilities))
      .map(({ source, scope, status }) => ({ blocking: true, type: `${source} on ${scope}: ${status}` })),
    contracts,
  };
}

/** The worst state of the system and of all that a change touches. */
export function worstHealth(health: HealthReader, capabilities: readonly string[]): string {
  const states = new Set([health.state(), ...capabilities.map((name) => health.state(name))]);
  return WORST_FIRST.find((state) => states.has(state)) ?? (states.size === 1 ? "HEALTHY" : "UNKNOWN");
}

function concerns(scope: string, capabilities: readonly string[]): boolean {
  return scope === "system" || capabilities.includes(scope);
}
