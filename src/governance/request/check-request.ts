import type { Violation } from "#model";
import { isNamed } from "../named.ts";
import { seen } from "../phrase.ts";
import { listOf, membersOf } from "../unread.ts";
import type { Members } from "../unread.ts";
import { CONFIGURATION_CAPABILITY, URGENCIES } from "./change-request.ts";
import type { ChangeRequest, ProposedChange, Urgency } from "./change-request.ts";
import { Problems } from "./problems.ts";
import { CAPABILITY_FORM, isCapability, readChanges } from "./read-changes.ts";
import type { PlacedChange } from "./read-changes.ts";

/** The bounds of a request's texts, in UTF-16 code units, and of its list of capabilities. */
export const REQUEST_BOUNDS = {
  sourceCharacters: 128,
  referenceCharacters: 256,
  submitterCharacters: 128,
  titleCharacters: 200,
  descriptionCharacters: 10_000,
  capabilities: 50,
} as const;

const MEMBERS = [
  "source",
  "reference",
  "submittedBy",
  "title",
  "description",
  "urgency",
  "changes",
  "capabilities",
] as const;

/** Whether a request can be read, and all that is wrong with it if not. */
export type RequestReading =
  | { readonly verdict: "READABLE"; readonly request: ChangeRequest }
  | { readonly verdict: "REFUSED"; readonly reasons: readonly Violation[] };

/**
 * Reads a request of which nothing is believed. Unknown members are refused; all problems are told at once, the first
 * 20 by name and the rest as a count. What is readable is a deeply frozen copy. Fields are named as in
 * {@link ChangeRequest}. The size of the whole is bounded by the caller. Never throws on JSON.
 */
export function checkRequest(value: unknown): RequestReading {
  const problems = new Problems();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.tell("request", `is ${seen(value)}; expected an object with ${MEMBERS.join(", ")}`);
    return refused(problems);
  }
  problems.tellUnknown("request", value, MEMBERS);
  const members = membersOf(value);
  const texts = readTexts(members, problems);
  const urgency = readUrgency(members["urgency"], problems);
  const changes = readChanges(members["changes"], problems);
  const capabilities = readCapabilities(members["capabilities"], problems);
  requireListed(changes, new Set(capabilities), problems);
  if (problems.count > 0 || urgency === undefined) return refused(problems);
  const request: ChangeRequest = Object.freeze({
    ...texts,
    urgency,
    changes: Object.freeze(changes.map(({ change }) => change)),
    capabilities: Object.freeze(capabilities),
  });
  return Object.freeze({ verdict: "READABLE", request });
}

function refused(problems: Problems): RequestReading {
  return Object.freeze({ verdict: "REFUSED", reasons: problems.violations() });
}

type Texts = Pick<ChangeRequest, "source" | "reference" | "submittedBy" | "title" | "description">;

function readTexts(members: Members, problems: Problems): Texts {
  const { sourceCharacters, referenceCharacters, submitterCharacters, titleCharacters, descriptionCharacters } =
    REQUEST_BOUNDS;
  const read = (name: keyof Texts, most: number, least: 0 | 1): string => {
    const text = members[name];
    if (typeof text === "string" && text.length <= most && (least === 0 || isNamed(text)) && text.isWellFormed()) {
      return text;
    }
    const saw = typeof text === "string" && text.length > most ? `a text of ${text.length} characters` : seen(text);
    const expected = `${least} to ${most} characters of well-formed Unicode${least === 1 ? ", not only blanks" : ""}`;
    problems.tell(name, `is ${saw}; expected ${expected}`);
    return "";
  };
  return {
    source: read("source", sourceCharacters, 1),
    reference: read("reference", referenceCharacters, 0),
    submittedBy: read("submittedBy", submitterCharacters, 1),
    title: read("title", titleCharacters, 1),
    description: read("description", descriptionCharacters, 0),
  };
}

function readUrgency(value: unknown, problems: Problems): Urgency | undefined {
  const urgency = URGENCIES.find((known) => known === value);
  if (urgency === undefined) problems.tell("urgency", `is ${seen(value)}; expected ${URGENCIES.join(" or ")}`);
  return urgency;
}

function readCapabilities(value: unknown, problems: Problems): readonly string[] {
  const list = listOf(value);
  if (list === undefined || list.length > REQUEST_BOUNDS.capabilities) {
    const saw = list === undefined ? seen(value) : `a list of ${list.length}`;
    problems.tell("capabilities", `is ${saw}; expected a list of 0 to ${REQUEST_BOUNDS.capabilities} names`);
    return [];
  }
  const names = new Set<string>();
  for (const [position, name] of list.entries()) {
    const field = `capabilities[${position}]`;
    if (!isCapability(name)) problems.tell(field, `is ${seen(name)}; expected ${CAPABILITY_FORM}`);
    else if (names.has(name)) problems.tell(field, `is ${seen(name)}, which stands there already; expected it once`);
    else names.add(name);
  }
  return [...names];
}

/** A change that is not announced would be judged by nobody. */
function requireListed(changes: readonly PlacedChange[], names: ReadonlySet<string>, problems: Problems): void {
  for (const { position, change } of changes) {
    const capability = capabilityOf(change);
    if (names.has(capability)) continue;
    problems.tell(
      `changes[${position}]`,
      `touches the capability ${seen(capability)}, which \`capabilities\` does not list; expected it to be listed`,
    );
  }
}

function capabilityOf(change: ProposedChange): string {
  return change.type === "configuration_update" ? CONFIGURATION_CAPABILITY : change.capability;
}
