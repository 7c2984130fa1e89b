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
  /** What the rule expects, for people. */
  readonly threshold: string;
  /** The fact that it looks at, as it was seen, for people. */
  readonly fact: (facts: ReadFacts) => string;
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
    threshold: "HEALTHY",
    fact: ({ health }) => `health ${seen(health)}`,
    missing: ({ health }) => unless(health === "HEALTHY", `The health is ${seen(health)}; only HEALTHY will do.`),
  },
  {
    id: "E-100",
    threshold: `at least ${MINIMUM_CONFIDENCE}`,
    fact: ({ confidence }) => `confidence ${confidence}`,
    missing: ({ confidence }) =>
      unless(
        confidence >= MINIMUM_CONFIDENCE,
        `The confidence is ${confidence}; below ${MINIMUM_CONFIDENCE} it is noise.`,
      ),
  },
  {
    id: "E-101",
    threshold: "high, medium or low; critical only with the recommendation escalate",
    fact: ({ severity, recommendation }) => `severity ${seen(severity)}, recommendation ${seen(recommendation)}`,
    missing: ({ severity, recommendation }) =>
      unless(
        SEVERITIES.has(severity) && (severity !== "critical" || recommendation === "escalate"),
        `The severity is ${seen(severity)}; a critical or unknown one must be escalated to a person first.`,
      ),
  },
  {
    id: "E-102",
    threshold: "no capability of the request is frozen",
    fact: ({ capabilities, frozen }) => `${touched(capabilities)}; frozen: ${names(frozen)}`,
    missing: frozenCapability,
  },
  {
    id: "E-103",
    threshold: `without ${SYSTEM}, unless that was approved beforehand`,
    fact: ({ capabilities, systemPreApproved }) =>
      `${touched(capabilities)}; ${SYSTEM} ${systemPreApproved ? "was" : "was not"} approved beforehand`,
    missing: ({ capabilities, systemPreApproved }) =>
      unless(
        capabilities !== undefined && (systemPreApproved || !capabilities.includes(SYSTEM)),
        `The request touches ${SYSTEM} or does not say what it touches, and nobody approved that beforehand.`,
      ),
  },
  {
    id: "E-001",
    threshold: `from ${REQUIRED_CONFIDENCE} to 1`,
    fact: ({ confidence }) => `confidence ${confidence}`,
    missing: ({ confidence }) =>
      unless(
        confidence >= REQUIRED_CONFIDENCE && confidence <= 1,
        `The confidence is ${confidence}; it must be from ${REQUIRED_CONFIDENCE} to 1.`,
      ),
  },
  {
    id: "E-002",
    threshold: "at least one capability, and each of them known",
    fact: ({ capabilities, known }) => `${touched(capabilities)}; known: ${names(known)}`,
    missing: unknownCapability,
  },
  {
    id: "E-003",
    threshold: "no signal that blocks",
    fact: ({ blocks }) => `signals that block: ${names(blocks)}`,
    missing: ({ blocks }) =>
      unless(
        blocks?.length === 0,
        blocks ? `These signals block: ${listed(blocks)}.` : "The list of signals is unreadable.",
      ),
  },
  {
    id: "E-004",
    threshold: [...ACTIONABLE_TYPES].join(" or "),
    fact: ({ issueType }) => `issue type ${seen(issueType)}`,
    missing: ({ issueType }) => oneOf("issue type", issueType, ACTIONABLE_TYPES),
  },
  {
    id: "E-005",
    threshold: [...SOURCES].join(" or "),
    fact: ({ source }) => `source ${seen(source)}`,
    missing: ({ source }) => oneOf("source", source, SOURCES),
  },
  {
    id: "E-006",
    threshold: `no contract of the last ${OVERLAP_HOURS} hours on the same capabilities`,
    fact: ({ capabilities, contracts }) =>
      `${touched(capabilities)}; other contracts: ${names(contracts?.map(({ name }) => name))}`,
    missing: overlappingContract,
  },
  {
    id: "V-001",
    threshold: [...FAVOURABLE].join(" or "),
    fact: ({ recommendation }) => `recommendation ${seen(recommendation)}`,
    missing: ({ recommendation }) => oneOf("recommendation", recommendation, FAVOURABLE),
  },
];

function touched(capabilities: readonly string[] | undefined): string {
  return `capabilities: ${names(capabilities)}`;
}

function names(list: Iterable<string> | undefined): string {
  if (list === undefined) return "unreadable";
  const all = [...list];
  return all.length === 0 ? "none" : listed(all);
}

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
  const hit = capabilities.filter((name) => frozen.has(name));
  return unless(hit.length === 0, `These capabilities are frozen: ${listed(hit)}.`);
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
  const own = new Set(capabilities);
  const overlapping = contracts.filter((contract) => overlaps(contract, own, nowMs)).map(({ name }) => name);
  return unless(
    overlapping.length === 0,
    `These contracts of the last ${OVERLAP_HOURS} hours touch the same capabilities: ${listed(overlapping)}.`,
  );
}

/** Whether it overlaps, or cannot be shown not to. One dated in the future counts as recent. */
function overlaps(contract: ReadContract, own: ReadonlySet<string>, nowMs: number): boolean {
  const old = contract.createdMs !== undefined && nowMs - contract.createdMs > OVERLAP_HOURS * MS_PER_HOUR;
  return !old && (contract.capabilities?.some((name) => own.has(name)) ?? true);
}
