import { MS_PER_HOUR } from "../instant.ts";
import { listed, seen } from "../phrase.ts";
import type { ReadContract, ReadFacts } from "./read-facts.ts";
import type { RuleId } from "./verdict.ts";

/** Changes with every change of a rule, an order or a threshold. */
export const RULES_VERSION = "1.0.0";

/** Below this confidence a request is noise. */
export const MINIMUM_CONFIDENCE = 0.3;
/** From this confidence on a request may become a contract. */
export const REQUIRED_CONFIDENCE = 0.7;
/** How long a contract stands in the way of another one on the same capability, to the millisecond inclusive. */
export const OVERLAP_HOURS = 24;

const SYSTEM = "SYSTEM";
const SEVERITIES: ReadonlySet<unknown> = new Set(["critical", "high", "medium", "low"]);
const ACTIONABLE_TYPES: ReadonlySet<unknown> = new Set(["capability_request", "configuration_change"]);
const SOURCES: ReadonlySet<unknown> = new Set(["crm_feedback", "support_ticket", "ops_alert"]);
const FAVOURABLE: ReadonlySet<unknown> = new Set(["create_contract", "escalate"]);

/** One rule. */
export interface Rule {
  readonly id: RuleId;
  /** What is missing, in one sentence; undefined = the rule holds. */
  readonly missing: (facts: ReadFacts) => string | undefined;
}

/**
 * The rules in the order of their rank: the first that fails gives the reason. Comparisons are written so that NaN
 * fails them.
 */
export const RULES: readonly Rule[] = [
  {
    id: "E-104",
    missing: ({ health }) => unless(health === "HEALTHY", `The health is ${seen(health)}; only HEALTHY will do.`),
  },
  {
    id: "E-100",
    missing: ({ confidence }) =>
      unless(
        confidence >= MINIMUM_CONFIDENCE,
        `The confidence is ${confidence}; below ${MINIMUM_CONFIDENCE} it is noise.`,
      ),
  },
  {
    id: "E-101",
    missing: ({ severity, recommendation }) =>
      unless(
        SEVERITIES.has(severity) && (severity !== "critical" || recommendation === "escalate"),
        `The severity is ${seen(severity)}; a critical or unknown one must be escalated to a person first.`,
      ),
  },
  { id: "E-102", missing: frozenCapability },
  {
    id: "E-103",
    missing: ({ capabilities, systemPreApproved }) =>
      unless(
        capabilities !== undefined && (systemPreApproved || !capabilities.includes(SYSTEM)),
        `The request touches ${SYSTEM} or does not say what it touches, and nobody approved that beforehand.`,
      ),
  },
  {
    id: "E-001",
    missing: ({ confidence }) =>
      unless(
        confidence >= REQUIRED_CONFIDENCE && confidence <= 1,
        `The confidence is ${confidence}; it must be from ${REQUIRED_CONFIDENCE} to 1.`,
      ),
  },
  { id: "E-002", missing: unknownCapability },
  {
    id: "E-003",
    missing: ({ blocks }) =>
      unless(
        blocks?.length === 0,
        blocks ? `These signals block: ${listed(blocks)}.` : "The list of signals is unreadable.",
      ),
  },
  {
    id: "E-004",
    missing: ({ issueType }) => oneOf("issue type", issueType, ACTIONABLE_TYPES),
  },
  { id: "E-005", missing: ({ source }) => oneOf("source", source, SOURCES) },
  { id: "E-006", missing: overlappingContract },
  {
    id: "V-001",
    missing: ({ recommendation }) => oneOf("recommendation", recommendation, FAVOURABLE),
  },
];

function unless(holds: boolean, sentence: string): string | undefined {
  return holds ? undefined : sentence;
}

function oneOf(what: string, value: unknown, allowed: ReadonlySet<unknown>): string | undefined {
  return unless(allowed.has(value), `The ${what} is ${seen(value)}; it must be ${[...allowed].join(" or ")}.`);
}

function frozenCapability({ capabilities, frozen }: ReadFacts): string | undefined {
  if (capabilities === undefined || frozen === undefined) {
    return "The list of capabilities, or of the frozen ones, is unreadable; each must be a list of names.";
  }
  const touched = capabilities.filter((name) => frozen.has(name));
  return unless(touched.length === 0, `These capabilities are frozen: ${listed(touched)}.`);
}

function unknownCapability({ capabilities, known }: ReadFacts): string | undefined {
  if (capabilities === undefined || known === undefined) {
    return "The list of capabilities, or of the known ones, is unreadable; each must be a list of names.";
  }
  if (capabilities.length === 0) return "The request names no capability; an empty list grants nothing.";
  const unknown = capabilities.filter((name) => !known.has(name));
  return unless(unknown.length === 0, `These capabilities are unknown: ${listed(unknown)}.`);
}

function overlappingContract({ capabilities, contracts, nowMs }: ReadFacts): string | undefined {
  if (capabilities === undefined || contracts === undefined || nowMs === undefined) {
    return "Overlapping contracts cannot be ruled out: the time, the capabilities or the contracts are unreadable.";
  }
  const touched = new Set(capabilities);
  const overlapping = contracts.filter((contract) => overlaps(contract, touched, nowMs)).map(({ name }) => name);
  return unless(
    overlapping.length === 0,
    `These contracts of the last ${OVERLAP_HOURS} hours touch the same capabilities: ${listed(overlapping)}.`,
  );
}

/** Whether it overlaps, or cannot be shown not to. One dated in the future counts as recent. */
function overlaps(contract: ReadContract, touched: ReadonlySet<string>, nowMs: number): boolean {
  const old = contract.createdMs !== undefined && nowMs - contract.createdMs > OVERLAP_HOURS * MS_PER_HOUR;
  return !old && (contract.capabilities?.some((name) => touched.has(name)) ?? true);
}
