import type { ChangeRequest, EligibilityFacts, ValidatorVerdict } from "#governance";
import { SYSTEM_SCOPE } from "#model";
import type { HealthStatus, HealthView, Platform } from "#model";

/** Every server has these, beside the capabilities of its configuration. */
const ALWAYS_KNOWN = ["configuration", "SYSTEM"];

const WORST_FIRST: readonly HealthStatus[] = ["UNKNOWN", "BLOCKED", "DEGRADED"];

/** What is looked up for the rules of eligibility. */
export interface FactSources {
  readonly now: string;
  readonly request: ChangeRequest;
  readonly validation: ValidatorVerdict;
  readonly platform: Platform;
  /** Whether the configuration says that changes of SYSTEM were approved beforehand. */
  readonly systemPreApproved: boolean;
  readonly health: HealthView;
  /** Contracts of the last 24 hours, and those that have not ended. */
  readonly contracts: EligibilityFacts["contracts"];
}

/** The facts that a verdict on a request rests on; they are stored beside it. */
export async function eligibilityFacts(sources: FactSources): Promise<EligibilityFacts> {
  const { now, request, validation, platform, systemPreApproved, health, contracts } = sources;
  const capabilities = platform.capabilities();
  return {
    now,
    health: await worstHealth(health, request.capabilities),
    confidence: validation.confidence,
    severity: validation.severity,
    recommendation: validation.recommendation,
    issueType: validation.issueType,
    source: request.source,
    capabilities: request.capabilities,
    knownCapabilities: [...new Set([...ALWAYS_KNOWN, ...capabilities.map(({ name }) => name)])],
    frozenCapabilities: capabilities.filter(({ frozen }) => frozen).map(({ name }) => name),
    systemPreApproved,
    signals: health
      .signals()
      .filter(
        ({ scope, status, expired }) => (expired || status !== "HEALTHY") && concerns(scope, request.capabilities),
      )
      .map(({ source, scope, status, expired }) => ({
        blocking: true,
        type: `${source} on ${scope}: ${expired ? "expired" : status}`,
      })),
    contracts,
  };
}

/** The worst state of the system and of all that a change touches. */
export async function worstHealth(health: HealthView, capabilities: readonly string[]): Promise<HealthStatus> {
  const asked = await Promise.all([health.state(), ...capabilities.map((name) => health.state(name))]);
  const states = new Set(asked.map(({ status }) => status));
  return WORST_FIRST.find((state) => states.has(state)) ?? (states.size === 1 ? "HEALTHY" : "UNKNOWN");
}

function concerns(scope: string, capabilities: readonly string[]): boolean {
  return scope === SYSTEM_SCOPE || capabilities.includes(scope);
}
