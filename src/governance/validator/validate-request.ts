import { seen } from "../phrase.ts";
import type { ChangeRequest } from "../request/change-request.ts";
import { readSubject } from "./read-subject.ts";
import type { Place, ReadSubject } from "./read-subject.ts";
import {
  CONFIDENT,
  CONTRADICTION,
  FITTING_CHANGES,
  ISSUE_RULES,
  NAMED_SUBJECTS,
  NOISE,
  SEVERITY_RULES,
  VALIDATOR_RULES_VERSION,
} from "./validator-rules.ts";
import type { IssueRule } from "./validator-rules.ts";
import type { Recommendation, Severity, ValidatorVerdict } from "./validator-verdict.ts";
import { KeywordFinder, standsIn } from "./words.ts";

/** The keywords that stand in each place. */
type Found = Readonly<Record<Place, readonly string[]>>;

/** What speaks for one type of issue in one request. */
interface Case {
  readonly rule: IssueRule;
  readonly count: number;
  /** Whether a keyword was found at all, and whether in the title. */
  readonly isNamed: boolean;
  readonly isInTitle: boolean;
  readonly sentences: readonly string[];
}

const KEYWORDS = new KeywordFinder([...ISSUE_RULES, ...SEVERITY_RULES].flatMap(({ keywords }) => keywords));

const PLACES = ["title", "description"] as const;
/** The most that can be had; a count over it is one of a request that says the same thing several times. */
const FULL = 100;

/**
 * Advises on a request, by the table of `validator-rules.ts`; there is no other rule.
 *
 * Confidence is a sum of hundredths, from 0 to 100, for the type of issue with the largest one among those of which a
 * keyword stands in the title or the description, outside the names of what is to be changed:
 * - a keyword in the title (35 for a change), and one in the description (5);
 * - proposed changes that fit the type: all of them (25), or some (15);
 * - every thing to be changed called by its name in the title (15), and in the description (10);
 * - less 10 for each other type of which a keyword stands in the title.
 *
 * So a title with a keyword and a name, and changes that fit, has 75. Without the name it has at most 65: it is vague.
 * Changes alone have 25: that is noise. Without any keyword the type is unknown, which defers; an escalation
 * escalates, and so does a critical severity of a known type. Severity is the graver of the urgency and the words; an
 * urgency that cannot be read is taken for the gravest. Never throws on JSON.
 */
export function validateRequest(request: ChangeRequest): ValidatorVerdict {
  const subject = readSubject(request);
  const found = {
    title: KEYWORDS.findIn(subject.spoken.title),
    description: KEYWORDS.findIn(subject.spoken.description),
  };
  const clarity = namedSubjects(subject);
  const cases = ISSUE_RULES.map((rule) => caseFor(rule, subject, found));
  const severity = severityOf(subject.urgency, found);
  const chosen = cases.filter(({ isNamed }) => isNamed).reduce<Case | undefined>(better, undefined);
  if (chosen === undefined) {
    const changes = Math.max(...cases.map(({ count }) => count));
    return verdict({
      issueType: "unknown",
      severity: severity.severity,
      recommendation: "defer",
      count: changes + clarity.count,
      explanations: [
        "No keyword of any issue type was found in title or description.",
        ...clarity.sentences,
        severity.sentence,
      ],
    });
  }
  const others = cases.filter((other) => other !== chosen && other.isInTitle);
  const against = others.map(
    ({ rule }) => `A keyword of ${rule.issueType} stands in the title as well (-${CONTRADICTION}).`,
  );
  const count = clamp(chosen.count + clarity.count - CONTRADICTION * others.length);
  return verdict({
    issueType: chosen.rule.issueType,
    severity: severity.severity,
    recommendation: recommend(chosen.rule, severity.severity, count),
    count,
    explanations: [...chosen.sentences, ...clarity.sentences, ...against, severity.sentence],
  });
}

function verdict(
  advice: Omit<ValidatorVerdict, "confidence" | "rulesVersion"> & { readonly count: number },
): ValidatorVerdict {
  const { issueType, severity, recommendation, count, explanations } = advice;
  return Object.freeze({
    issueType,
    severity,
    recommendation,
    confidence: clamp(count) / FULL,
    explanations: Object.freeze([...explanations]),
    rulesVersion: VALIDATOR_RULES_VERSION,
  });
}

function clamp(count: number): number {
  return Math.min(Math.max(count, 0), FULL);
}

function better(best: Case | undefined, next: Case): Case {
  return best === undefined || next.count > best.count ? next : best;
}

function caseFor(rule: IssueRule, { changeTypes }: ReadSubject, found: Found): Case {
  const sentences: string[] = [];
  const places = PLACES.filter((place) => {
    const keyword = firstOf(rule.keywords, found[place]);
    if (keyword !== undefined) {
      sentences.push(`${seen(keyword)} of ${rule.issueType} stands in the ${place} (+${rule[place]}).`);
    }
    return keyword !== undefined;
  });
  const fitting = changeTypes.filter((type) => rule.changes.some((known) => known === type)).length;
  const changes = fitting === 0 ? 0 : fitting === changeTypes.length ? FITTING_CHANGES.all : FITTING_CHANGES.some;
  if (fitting > 0) {
    sentences.push(`${fitting} of ${changeTypes.length} change(s) fit ${rule.issueType} (+${changes}).`);
  }
  const count = places.reduce((sum, place) => sum + rule[place], changes);
  return { rule, count, isNamed: places.length > 0, isInTitle: places.includes("title"), sentences };
}

/** Whether all that is to be changed is called by its name. */
function namedSubjects({ words, names }: ReadSubject): {
  readonly count: number;
  readonly sentences: readonly string[];
} {
  const naming = (place: Place): boolean => names.length > 0 && names.every((name) => standsIn(name, words[place]));
  const found = PLACES.filter(naming);
  return {
    count: found.reduce((sum, place) => sum + NAMED_SUBJECTS[place], 0),
    sentences: found.map((place) => `All that is to be changed is named in the ${place} (+${NAMED_SUBJECTS[place]}).`),
  };
}

function recommend(rule: IssueRule, severity: Severity, count: number): Recommendation {
  if (severity === "critical") return "escalate";
  if (count >= CONFIDENT) return rule.confident;
  return count < NOISE && rule.unsure === "defer" ? "reject" : rule.unsure;
}

function severityOf(urgency: unknown, found: Found): { readonly severity: Severity; readonly sentence: string } {
  for (const rule of SEVERITY_RULES) {
    const { severity } = rule;
    if (rule.urgency === urgency)
      return { severity, sentence: `The urgency is ${rule.urgency}: severity ${severity}.` };
    for (const place of PLACES) {
      const keyword = firstOf(rule.keywords, found[place]);
      if (keyword !== undefined) {
        return { severity, sentence: `${seen(keyword)} stands in the ${place}: severity ${severity}.` };
      }
    }
  }
  return { severity: "critical", sentence: `The urgency is ${seen(urgency)}, which is none: severity critical.` };
}

function firstOf(keywords: readonly string[], found: readonly string[]): string | undefined {
  return found.find((keyword) => keywords.includes(keyword));
}
