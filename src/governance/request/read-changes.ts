import { seen } from "../phrase.ts";
import { listOf, membersOf } from "../unread.ts";
import { CHANGE_TYPES } from "./change-request.ts";
import type { ChangeType, ProposedChange } from "./change-request.ts";
import type { Problems } from "./problems.ts";
import { readValue } from "./read-value.ts";
import { resourceKeyOf } from "./resource-key.ts";

/** How many changes a request may propose. */
export const CHANGES_PER_REQUEST = 50;

const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const NAME_FORM = "1 to 64 of a-z 0-9 _ . - with a letter or digit first";

type Member = "capability" | "key" | "parameter" | "value";

/** The members of each type of change, beside `type`. */
const FORMS: ReadonlyMap<unknown, readonly Member[]> = new Map<ChangeType, readonly Member[]>([
  ["capability_enable", ["capability"]],
  ["capability_disable", ["capability"]],
  ["configuration_update", ["key", "value"]],
  ["parameter_change", ["capability", "parameter", "value"]],
]);

/** Whether a text can name a capability: a name, or `SYSTEM`. */
export function isCapability(value: unknown): value is string {
  return typeof value === "string" && (value === "SYSTEM" || NAME.test(value));
}

/** What a capability's name must be. */
export const CAPABILITY_FORM = `${NAME_FORM}, or SYSTEM`;

/** A change with its place in the request's list. */
export interface PlacedChange {
  readonly position: number;
  readonly change: ProposedChange;
}

/** Reads the list of changes: its bounds, each change's form, and that no two change the same resource. */
export function readChanges(value: unknown, problems: Problems): readonly PlacedChange[] {
  const list = listOf(value);
  if (list === undefined || list.length === 0 || list.length > CHANGES_PER_REQUEST) {
    const saw = list === undefined ? seen(value) : `a list of ${list.length}`;
    problems.tell("changes", `is ${saw}; expected a list of 1 to ${CHANGES_PER_REQUEST} changes`);
    return [];
  }
  const places = new Map<string, number>();
  // Array.from: flatMap alone would pass over a hole in the list
  return Array.from(list).flatMap((item, position) => {
    const change = readChange(item, `changes[${position}]`, problems);
    if (change === undefined) return [];
    const key = resourceKeyOf(change);
    const earlier = places.get(key);
    if (earlier === undefined) places.set(key, position);
    else
      problems.tell(`changes[${position}]`, `changes ${key}, as changes[${earlier}] does; expected one change of it`);
    return [{ position, change }];
  });
}

function readChange(value: unknown, field: string, problems: Problems): ProposedChange | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.tell(field, `is ${seen(value)}; expected an object with a type and its members`);
    return undefined;
  }
  const members = membersOf(value);
  const { type } = members;
  const form = FORMS.get(type);
  if (form === undefined) {
    problems.tell(`${field}.type`, `is ${seen(type)}; expected ${CHANGE_TYPES.join(" or ")}`);
    return undefined;
  }
  const before = problems.count;
  problems.tellUnknown(field, value, ["type", ...form]);
  const read: Record<string, unknown> = { type };
  for (const member of form) read[member] = readMember(member, members[member], { field, problems });
  // `as`: every member of the type's form has just been read, and nothing else is in it
  return problems.count === before ? Object.freeze(read as unknown as ProposedChange) : undefined;
}

function readMember(
  member: Member,
  value: unknown,
  { field, problems }: { readonly field: string; readonly problems: Problems },
): unknown {
  if (member === "value") {
    const read = readValue(value);
    if ("value" in read) return read.value;
    problems.tell(`${field}.value`, read.problem);
    return undefined;
  }
  const fits = member === "capability" ? isCapability(value) : typeof value === "string" && NAME.test(value);
  if (fits) return value;
  const form = member === "capability" ? CAPABILITY_FORM : NAME_FORM;
  problems.tell(`${field}.${member}`, `is ${seen(value)}; expected ${form}`);
  return undefined;
}
