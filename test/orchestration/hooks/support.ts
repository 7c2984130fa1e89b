import type { Entity, FieldType, HookJob, HookSet, Relation } from "#model";

/** An entity with these fields. */
export function entity(
  name: string,
  fields: Readonly<Record<string, FieldType>>,
  relations: Readonly<Record<string, Relation>> = {},
): Entity {
  const table = `${name.toLowerCase()}s`;
  return {
    name,
    table,
    key: "id",
    fields: new Map(Object.entries(fields)),
    relations: new Map(Object.entries(relations)),
  };
}

export const TICKET = entity(
  "Ticket",
  { id: "int", title: "string", priority: "string", org_id: "int", author_id: "int" },
  { org: { kind: "one", to: "Org", column: "org_id" }, author: { kind: "one", to: "User", column: "author_id" } },
);
export const ORG = entity(
  "Org",
  { id: "int", name: "string", parent_id: "int" },
  { members: { kind: "many", to: "User", column: "org_id" }, parent: { kind: "one", to: "Org", column: "parent_id" } },
);
export const USER = entity(
  "User",
  { id: "int", email: "string", role: "string", org_id: "int" },
  { org: { kind: "one", to: "Org", column: "org_id" }, tickets: { kind: "many", to: "Ticket", column: "author_id" } },
);

/** A job that mails every member of a ticket's organisation. */
export const JOB: HookJob = {
  name: "notify",
  input: "Ticket",
  needs: ["org", "members"],
  resolved: "User",
  filter: undefined,
  projection: undefined,
  capabilities: new Set(["email.send"]),
  effect: "email.send",
  parameters: { to: ["${record.email}"] },
  timeoutSeconds: 30,
  retry: { maxAttempts: 3, on: ["transient_io"], baseSeconds: 1, factor: 1, exponent: 2, maxSeconds: 300, jitter: 0.1 },
  priority: 5,
  maxRecords: 1000,
};

/** Hooks with these jobs on the entities above. */
export function hookSet(jobs: readonly HookJob[], hooks: HookSet["hooks"] = []): HookSet {
  const entities = new Map([TICKET, ORG, USER].map((one) => [one.name, one]));
  return { hash: "0".repeat(64), entities, jobs: new Map(jobs.map((job) => [job.name, job])), hooks };
}
