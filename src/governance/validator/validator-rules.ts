import type { IssueType, Recommendation, Severity } from "./validator-verdict.ts";

/** Changes with every change of a word, a count or a threshold in this file. */
export const VALIDATOR_RULES_VERSION = "1.0.0";

/** What speaks for one type of issue. Counts are hundredths of confidence. */
export interface IssueRule {
  readonly issueType: Exclude<IssueType, "unknown">;
  /** Words, or several words in a row: matched whole, in small letters. The one that stands first in the text is told. */
  readonly keywords: readonly string[];
  /** What a keyword counts in the title, and what in the description. Each place counts once. */
  readonly title: number;
  readonly description: number;
  /** The types of changes that fit. */
  readonly changes: readonly string[];
  /** What is recommended from {@link CONFIDENT} on, and what before. */
  readonly confident: Recommendation;
  readonly unsure: Recommendation;
}

/**
 * The types of issues, the more careful ones first: of two that count the same, the first is taken. A word of
 * escalation in the title outweighs all that can speak for a change.
 */
export const ISSUE_RULES: readonly IssueRule[] = [
  {
    issueType: "escalation",
    keywords: [
      "escalate",
      "escalated",
      "escalation",
      "outage",
      "incident",
      "data loss",
      "breach",
      "emergency",
      "legal",
    ],
    title: 90,
    description: 40,
    changes: [],
    confident: "escalate",
    unsure: "escalate",
  },
  {
    issueType: "bug_report",
    keywords: [
      "bug",
      "bugs",
      "broken",
      "crash",
      "crashes",
      "crashed",
      "defect",
      "does not work",
      "error",
      "errors",
      "exception",
      "fails",
      "failure",
      "regression",
      "stack trace",
    ],
    title: 60,
    description: 20,
    changes: [],
    confident: "defer",
    unsure: "defer",
  },
  {
    issueType: "capability_request",
    keywords: [
      "activate",
      "allow",
      "capability",
      "deactivate",
      "disable",
      "enable",
      "switch off",
      "switch on",
      "turn off",
      "turn on",
    ],
    title: 35,
    description: 5,
    changes: ["capability_enable", "capability_disable"],
    confident: "create_contract",
    unsure: "defer",
  },
  {
    issueType: "configuration_change",
    keywords: [
      "adjust",
      "change",
      "configuration",
      "configure",
      "decrease",
      "increase",
      "limit",
      "lower",
      "parameter",
      "raise",
      "reduce",
      "set",
      "setting",
      "threshold",
      "timeout",
      "update",
    ],
    title: 35,
    description: 5,
    changes: ["configuration_update", "parameter_change"],
    confident: "create_contract",
    unsure: "defer",
  },
];

/** What changes count for the type that they fit: all of them, or only some. Less than noise by themselves. */
export const FITTING_CHANGES = { all: 25, some: 15 } as const;

/** What it counts, for every type, that each thing to be changed is called by its name. Each place counts once. */
export const NAMED_SUBJECTS = { title: 15, description: 10 } as const;

/** What a keyword in the title takes away from the chosen type, for each other type that it speaks for. */
export const CONTRADICTION = 10;

/** Below this many hundredths a request is noise. */
export const NOISE = 30;

/** From this many hundredths on the recommendation is that of a sure one. */
export const CONFIDENT = 70;

/** The severities, the gravest first, with the urgencies and the words that speak for each; the gravest one wins. */
export const SEVERITY_RULES: readonly {
  readonly severity: Severity;
  readonly urgency: string;
  readonly keywords: readonly string[];
}[] = [
  {
    severity: "critical",
    urgency: "critical",
    keywords: ["breach", "data loss", "emergency", "outage", "production down", "security hole"],
  },
  { severity: "high", urgency: "high", keywords: ["asap", "blocked", "immediately", "severe", "urgent", "urgently"] },
  { severity: "medium", urgency: "normal", keywords: [] },
  { severity: "low", urgency: "low", keywords: ["cosmetic", "minor", "nice to have", "typo"] },
];
