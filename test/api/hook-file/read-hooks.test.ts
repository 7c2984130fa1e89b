import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOOK_LIMITS } from "#model";
import { readHooks } from "../../../src/api/hook-file/read-hooks.ts";
import { changed, EXAMPLE, hooksOf, toldOf } from "./support.ts";

const FILTER = 'where: record.role == "agent"';
const CONDITION = 'when: new.priority == "high" && old.priority != "high"';
const NEEDS = "needs: Ticket.org.members";
const CREATED = "Ticket.after_create: [notify_agents]";
const SUBJECT = '"New ticket: ${trigger.title}"';
const TAKE = "take: [id, email]";
const GRANTED =
  'capabilities: [email.send]\n    effect: email.send\n    with:\n      to: ["${record.email}"]\n      subject: "New';
const ORG = "org: { one: Organisation, column: org_id }";

/** What is replaced, by what, and what has to be told of its line; `lines` further down if the text goes on there. */
const REFUSALS: readonly (readonly [
  what: string,
  search: string,
  replacement: string,
  told: RegExp,
  lines?: number,
])[] = [
  ["an unknown version", "version: 1", "version: 2", /version: is 2; expected 1/],
  ["a member that is not known", "timeout: 30s", "timeuot: 30s", /timeuot: is not a known key; did you mean timeout/],
  ["a table of three names", "table: tickets", "table: a.b.c", /is a\.b\.c; expected a table, or schema\.table/],
  ["a table without a name", "table: tickets", 'table: "app."', /expected a table, or schema\.table/],
  [
    "a key that is no field",
    "key: id\n    fields: { id: int, title",
    "key: nr\n    fields: { id: int, title",
    /is nr, which is none of its fields/,
  ],
  [
    "a key of a type that is none for keys",
    "fields: { id: int, title",
    "fields: { id: bool, title",
    /is id, which is bool; a key is int or string/,
    -1,
  ],
  ["a type that is not known", "title: string", "title: text", /title: is "text"; expected one of string, int/],
  ["a name that is none", "title: string", '"ti-tle": string', /expected 1 to 63 of A-Z/],
  ["a relation to an unknown entity", ORG, "org: { one: Organization, column: org_id }", /did you mean Organisation\?/],
  ["a relation that leads nowhere", ORG, "org: { column: org_id }", /leads nowhere; give it one, or many/],
  ["a relation that leads to one and many", ORG, "org: { one: User, many: User, column: org_id }", /has one and many/],
  [
    "a relation by an unknown column",
    ORG,
    "org: { one: Organisation, column: nix }",
    /is nix, which is none of the fields of Ticket/,
  ],
  [
    "a relation by a column of another type",
    ORG,
    "org: { one: Organisation, column: title }",
    /is title of Ticket, which is string, and id of Organisation is int/,
  ],
  [
    "a relation by an unknown column of the other",
    "members: { many: User, column: org_id }",
    "members: { many: User, column: nix }",
    /none of the fields of User/,
  ],
  [
    "an input that is no entity",
    "input: Ticket\n    needs: Ticket.org",
    "input: Tickets\n    needs: Ticket.org",
    /names the entity Tickets, which is not declared; did you mean Ticket\?/,
  ],
  [
    "needs that begin elsewhere",
    NEEDS,
    "needs: User.org.members",
    /begins with User; it has to begin with the job's input, Ticket/,
  ],
  [
    "an unknown relation",
    NEEDS,
    "needs: Ticket.org.agents",
    /names the relation agents, which Organisation does not have; there is members/,
  ],
  [
    "an unknown first relation",
    NEEDS,
    "needs: Ticket.owner.members",
    /names the relation owner, which Ticket does not have; there is org, author/,
  ],
  [
    "more relations than are followed",
    NEEDS,
    "needs: Ticket.org.members.a.b.c.d",
    /follows 6 relations; at most 5 are followed/,
  ],
  ["a filter that is no expression", FILTER, "where: record.role ==", /is no expression: .* at character/],
  [
    "a filter on an unknown field",
    FILTER,
    'where: record.rol == "agent"',
    /speaks of record\.rol, and User has no such field; it has id, email, role, org_id/,
  ],
  [
    "a filter on an unknown name",
    FILTER,
    'where: user.role == "agent"',
    /speaks of user, which is not known here; there is record, trigger/,
  ],
  ["a filter that compares a text with a number", FILTER, "where: record.role == 1", /compares string == int/],
  ["a filter that orders a text and a number", FILTER, "where: record.role < 1", /compares string < int/],
  ["a filter that gives no yes or no", FILTER, "where: record.id", /gives int; it has to give true or false/],
  [
    "a filter on a field of the trigger that is none",
    FILTER,
    "where: trigger.role == record.role",
    /speaks of trigger\.role, and Ticket has no such field/,
  ],
  ["a macro inside of a macro", FILTER, "where: '[1].exists(a, [2].all(b, a == b))'", /inside another; keep one/],
  [
    "a pattern that comes from a record",
    FILTER,
    "where: record.role.matches(record.email)",
    /pattern that is not written out/,
  ],
  ["a pattern that is none", FILTER, "where: 'record.role.matches(\"(\")'", /has a pattern that is none/],
  ["a function that is not known", FILTER, "where: now() == record.id", /calls now, which is not known here/],
  [
    "a filter of too many characters",
    FILTER,
    `where: 'record.role == "${"x".repeat(1000)}"'`,
    /at most 1000 are allowed/,
  ],
  ["a projection on an unknown field", TAKE, "take: [id, mail]", /names the field mail, which User does not have/],
  ["a projection that names a field twice", TAKE, "take: [id, id, email]", /take\[1\]: names id twice/],
  ["a projection of nothing", TAKE, "take: []", /take: is empty; at least 1 item is needed/],
  [
    "an effect without any capability",
    GRANTED,
    GRANTED.replace("capabilities: [email.send]\n    ", ""),
    /there is no list of them, which grants nothing/,
  ],
  [
    "an effect that is not granted",
    GRANTED,
    GRANTED.replace("[email.send]", "[webhook.post]"),
    /is email\.send, which the job's capabilities do not grant: it is not among them/,
    1,
  ],
  ["an effect under an empty list", GRANTED, GRANTED.replace("[email.send]", "[]"), /it is not among them/, 1],
  [
    "a text with an unknown field",
    SUBJECT,
    '"${trigger.titel}"',
    /has \$\{trigger\.titel\}: it names the field titel, which Ticket does not have; did you mean title\?/,
  ],
  [
    "a text with a field that is not taken",
    SUBJECT,
    '"${record.role}"',
    /role is not among the fields that take lists/,
  ],
  ["a text with another reference", SUBJECT, '"${env.HOME}"', /has \$\{env\.HOME\}; expected \$\{record\.FIELD\}/],
  ["a text with a reference without its end", SUBJECT, '"${trigger.title"', /has \$\{ without its \}/],
  [
    "a secret that a record chooses",
    SUBJECT,
    '{ secretRef: "${trigger.title}" }',
    /secretRef: holds the value of a field; which secret is used has to stand in the file/,
  ],
  ["a name that holds a reference", 'subject: "New', '"${record.email}": "New', /has \$\{ in a name/],
  ["a time that is none", "timeout: 30s", "timeout: soon", /expected a time such as 30s/],
  ["a time of nothing", "timeout: 30s", "timeout: 0s", /is 0s; expected more than 0 and at most 24h/],
  ["a time that is too long", "timeout: 30s", "timeout: 25h", /expected more than 0 and at most 24h/],
  ["no attempt at all", "attempts: 3", "attempts: 0", /attempts: is 0; at least 1 is needed/],
  ["more attempts than may be", "attempts: 3", "attempts: 21", /attempts: is 21; at most 20 is allowed/],
  ["a priority that is none", "priority: 5", "priority: 10", /priority: is 10; at most 9 is allowed/],
  ["more records than may be", "max_records: 1000", "max_records: 10001", /at most 10000 is allowed/],
  [
    "a hook before the change",
    CREATED,
    "Ticket.before_create: [notify_agents]",
    /would run before the change; hooks run after it was committed only: expected ENTITY\.after_create/,
  ],
  [
    "a hook on an unknown operation",
    CREATED,
    "Ticket.after_insert: [notify_agents]",
    /: expected ENTITY\.after_create/,
  ],
  [
    "a hook whose name is cased otherwise",
    CREATED,
    "Ticket.After_create: [notify_agents]",
    /: expected ENTITY\.after_create/,
  ],
  [
    "a hook with more behind its operation",
    CREATED,
    "Ticket.after_create_: [notify_agents]",
    /: expected ENTITY\.after_create/,
  ],
  [
    "a hook on an unknown entity",
    CREATED,
    "Tickets.after_create: [notify_agents]",
    /names the entity Tickets, which is not declared/,
  ],
  [
    "a hook for an unknown job",
    CREATED,
    "Ticket.after_create: [notify_agent]",
    /names the job notify_agent, which is not declared; did you mean notify_agents\?/,
  ],
  [
    "a hook that asks for a job twice",
    CREATED,
    "Ticket.after_create: [notify_agents, notify_agents]",
    /names notify_agents twice/,
  ],
  [
    "a hook for a job of another entity",
    CREATED,
    "User.after_create: [notify_agents]",
    /names notify_agents, whose input is Ticket, and not User/,
  ],
  ["a hook of no job", CREATED, "Ticket.after_create: []", /is empty; at least 1 item is needed/],
  [
    "a create of a job that speaks of what was before",
    CREATED,
    "Ticket.after_create: [notify_author]",
    /before a create there was no record/,
  ],
  [
    "a condition on an unknown field",
    CONDITION,
    'when: new.prio == "high"',
    /speaks of new\.prio, and Ticket has no such field/,
  ],
  ["a condition of another type", CONDITION, "when: new.priority > 3", /compares string > int/],
  ["a condition that gives a text", CONDITION, "when: new.priority", /gives string; it has to give true or false/],
];

describe("a file of hooks", () => {
  it.each(
    REFUSALS.map(
      ([what, search, replacement, told, lines = 0]) => [what, { search, replacement, told, lines }] as const,
    ),
  )("is refused with %s, on the line where it stands", async (_what, { search, replacement, told, lines }) => {
    const { text, line } = changed(search, replacement);
    const [first = "", ...others] = await toldOf(text);
    expect(first).toMatch(told);
    expect(first).toMatch(new RegExp(`^h:${line + lines} `));
    expect(
      others
        .filter((other) => !told.test(other))
        .filter((other) => !/take lists|not declared|begins with|whose input is|which User does not/.test(other)),
    ).toEqual([]);
  });

  it.each([
    [
      "what was before a create",
      "Ticket.after_create: { when: old.id == 1, jobs: [notify_agents] }",
      /speaks of old, which is not known here; there is new/,
    ],
    [
      "what is new behind a delete",
      "Ticket.after_delete: { when: new.id == 1, jobs: [notify_agents] }",
      /speaks of new, which is not known here; there is old/,
    ],
  ])("is refused where a condition speaks of %s", async (_what, hook, told) => {
    const { text, line } = changed(CREATED, hook);
    const all = await toldOf(text);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(told);
    expect(all[0]).toMatch(new RegExp(`^h:${line} `));
  });

  it("is refused with capabilities that the server does not know, and taken if it knows them", async () => {
    expect(await toldOf(EXAMPLE, ["email.send"])).toEqual([]);
    const told = await toldOf(EXAMPLE, ["email.sent", "webhook.post"]);
    expect(told).toHaveLength(2);
    expect(told[0]).toContain(
      "names the step type email.send, which this server does not know; did you mean email.sent?",
    );
    expect(await toldOf(EXAMPLE, [])).toHaveLength(2);
  });

  it("has all its problems told at once, in the order of its lines", async () => {
    let text = EXAMPLE;
    const changes = [
      ["version: 1", "version: 3"],
      [ORG, "org: { one: Organisation, column: nix }"],
      [FILTER, "where: record.rol == 1"],
      [CREATED, "Ticket.before_create: [nobody]"],
    ] as const;
    for (const [search, replacement] of changes) text = text.replace(search, () => replacement);
    const told = await toldOf(text);
    expect(told.map((one) => one.split(" ")[1])).toEqual([
      "version:",
      "entities.Ticket.relations.org.column:",
      "jobs.notify_agents.where:",
      "hooks.Ticket.before_create:",
    ]);
  });

  it("becomes what it says, with the defaults of what it leaves out", async () => {
    const { hash, entities, jobs, hooks } = await hooksOf(EXAMPLE);
    expect(hash).toBe(createHash("sha256").update(EXAMPLE).digest("hex"));
    expect([...entities.keys()]).toEqual(["Ticket", "Organisation", "User"]);
    expect(entities.get("Organisation")?.relations.get("members")).toEqual({
      kind: "many",
      to: "User",
      column: "org_id",
    });
    expect(hooks.map(({ name, entity, operation, jobs: asked }) => [name, entity, operation, ...asked])).toEqual([
      ["Ticket.after_create", "Ticket", "create", "notify_agents"],
      ["Ticket.after_update", "Ticket", "update", "notify_author"],
    ]);
    expect(jobs.get("notify_author")).toMatchObject({
      needs: ["author"],
      resolved: "User",
      filter: undefined,
      capabilities: new Set(["email.send"]),
      timeoutSeconds: undefined,
      retry: { maxAttempts: 3, on: ["transient_io", "timeout"], baseSeconds: 1, exponent: 2, maxSeconds: 300 },
      priority: 7,
      maxRecords: 1000,
    });
  });

  it.each([
    ["500ms", 0.5],
    ["30s", 30],
    ["1.5m", 90],
    ["24h", 86_400],
  ])("may give its time as %s", async (time, seconds) => {
    const { jobs } = await hooksOf(changed("timeout: 30s", `timeout: ${time}`).text);
    expect(jobs.get("notify_agents")?.timeoutSeconds).toBe(seconds);
  });

  it("leads a job without needs to its own record", async () => {
    const { jobs } = await hooksOf(
      changed(`    needs: Ticket.author\n    take: [email]\n`, "").text.replace(
        'to: ["${record.email}"]\n      subject: "Your',
        'to: ["a@example.com"]\n      subject: "Your',
      ),
    );
    expect(jobs.get("notify_author")).toMatchObject({ needs: [], resolved: "Ticket", projection: undefined });
  });

  it("is as large as it may be, and refused with one byte more", async () => {
    const comment = `#${" ".repeat(HOOK_LIMITS.fileBytes - Buffer.byteLength(EXAMPLE) - 1)}`;
    expect(await toldOf(EXAMPLE + comment)).toEqual([]);
    expect(await toldOf(`${EXAMPLE}${comment} `)).toEqual(["h:1 has 1048577 bytes; at most 1048576 are allowed"]);
  });

  it("is never the end of the reader, whatever stands in it", async () => {
    const value = fc.anything({ maxDepth: 4, withNullPrototype: false });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ version: fc.constant(1), entities: value, jobs: value, hooks: value }),
        async (file) => {
          const text = JSON.stringify(file, (_name, one: unknown) => (typeof one === "bigint" ? String(one) : one));
          const read = await readHooks(text, { name: "h" });
          expect("violations" in read || read.value.jobs.size >= 0).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
    for (const text of [
      "",
      "null",
      "[]",
      "3",
      "entities: 3",
      "a: &a [*a]",
      "{",
      "version: 1\nentities: {}\njobs: {}\nhooks: {}",
    ])
      expect(await readHooks(text, { name: "h" })).toBeDefined();
  });
});
