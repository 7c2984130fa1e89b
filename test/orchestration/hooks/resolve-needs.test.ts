import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordQuery, RecordSource } from "#effects";
import { createMemorySource, selectText } from "#effects";
import type { EntityRecord, HookJob } from "#model";
import { Fault, HOOK_LIMITS } from "#model";
import { compileHooks } from "../../../src/orchestration/hooks/compile-hooks.ts";
import { needsQueries } from "../../../src/orchestration/hooks/needs-queries.ts";
import { resolveNeeds } from "../../../src/orchestration/hooks/resolve-needs.ts";
import { hookSet, JOB } from "./support.ts";

const user = (id: number | string, org: number | null, role = "agent"): EntityRecord => ({
  id,
  email: `u${id}@x`,
  role,
  org_id: org,
});
const TICKET: EntityRecord = { id: 7, title: "t", priority: "high", org_id: 1, author_id: 3 };
const TABLES = new Map<string, readonly EntityRecord[]>([
  ["tickets", [TICKET, { ...TICKET, id: 8, author_id: 4 }]],
  [
    "orgs",
    [
      { id: 1, name: "one", parent_id: 2 },
      { id: 2, name: "two", parent_id: null },
    ],
  ],
  ["users", [user(12, 1), user(3, 1), user(4, 1, "client"), user(5, 2), user(6, null), user("9007199254740993", 1)]],
]);
const never = new AbortController().signal;

async function resolved(
  job: Partial<HookJob>,
  { trigger = TICKET, source = createMemorySource(TABLES), signal = never } = {},
) {
  const whole = { ...JOB, ...job };
  return await resolveNeeds(await compileHooks(hookSet([whole])), whole, { trigger, source, signal });
}

async function keysOf(...given: Parameters<typeof resolved>) {
  const result = await resolved(...given);
  return "records" in result ? result.records.map(({ key }) => key) : result;
}

/** A source that gives what it is told to, and notes what it was asked. */
function toldSource(
  answers: readonly (readonly EntityRecord[])[],
  asked: { query: RecordQuery; values: readonly unknown[] }[] = [],
): RecordSource {
  return {
    readRecords: async (query, { values }) => {
      asked.push({ query, values });
      return answers[asked.length - 1] ?? [];
    },
    close: async () => undefined,
  };
}

const withUsers = (some: readonly EntityRecord[]) => createMemorySource(new Map([...TABLES, ["users", some]]));

describe("the records that a job is about", () => {
  it("are found over one relation and many, in the order of their keys", async () => {
    expect(await keysOf({})).toEqual([3, 4, 12, "9007199254740993"]);
    expect(await keysOf({ needs: ["author"] })).toEqual([3]);
    expect(await keysOf({ needs: ["org", "parent", "members"] })).toEqual([5]);
    expect(await keysOf({ needs: ["org", "members", "tickets"], resolved: "Ticket", parameters: {} })).toEqual([7, 8]);
  });

  it("are the triggering record itself where nothing is needed, without a question to the database", async () => {
    const source = createMemorySource(new Map());
    expect(await resolved({ needs: [], resolved: "Ticket", projection: ["title"] }, { source })).toEqual({
      records: [{ key: 7, record: { title: "t" } }],
    });
    await expect(resolved({}, { source })).rejects.toMatchObject({ code: "NOT_CONFIGURED" });
  });

  it("are none where a key is NULL, or leads to nothing", async () => {
    expect(await keysOf({}, { trigger: { ...TICKET, org_id: null } })).toEqual([]);
    expect(await keysOf({}, { trigger: { ...TICKET, org_id: 99 } })).toEqual([]);
    expect(await keysOf({ needs: ["org", "parent", "members"] }, { trigger: { ...TICKET, org_id: 2 } })).toEqual([]);
  });

  it.each([
    ["does not tell what leads on", { id: 7 }, "does not tell org_id"],
    ["tells a value of another type", { ...TICKET, org_id: "one" }, "org_id of the record of Ticket is no int"],
    ["tells a fraction", { ...TICKET, org_id: 1.5 }, "is no int"],
    ["tells a list", { ...TICKET, org_id: [1] }, "is no int"],
  ])("cannot be told of a change that %s, which is not taken for none", async (_what, trigger, told) => {
    expect(await resolved({}, { trigger })).toEqual({
      problem: expect.stringContaining(told),
    });
  });

  it("are filtered over record and trigger, and shown as the projection says", async () => {
    const job = { filter: 'record.role == "agent" && record.id != trigger.author_id', projection: ["email"] };
    expect(await resolved(job)).toEqual({
      records: [
        { key: 12, record: { email: "u12@x" } },
        { key: "9007199254740993", record: { email: "u9007199254740993@x" } },
      ],
    });
  });

  it("cannot be told if the filter cannot be evaluated of one of them", async () => {
    expect(await resolved({ filter: "10 / (record.id - 4) > 0" })).toEqual({
      problem: expect.stringContaining("divide by zero"),
    });
  });

  it("are as many as may be after the filter, and a problem with one more", async () => {
    expect(await keysOf({ maxRecords: 4 })).toHaveLength(4);
    expect(await resolved({ maxRecords: 3 })).toEqual({ problem: "leads to 4 records; max_records allows 3" });
    expect(await keysOf({ maxRecords: 1, filter: 'record.role == "client"' })).toEqual([4]);
  });

  it("are a problem if one question leads to more than can be read", async () => {
    const users = Array.from({ length: HOOK_LIMITS.records + 1 }, (_, id) => user(id, 1));
    expect(await keysOf({ maxRecords: HOOK_LIMITS.records }, { source: withUsers(users.slice(1)) })).toHaveLength(
      10_000,
    );
    expect(await resolved({}, { source: withUsers(users) })).toEqual({
      problem: expect.stringContaining("More than 10000"),
    });
  });

  it("are each there once, whatever the database says twice, and in whichever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -50, max: 50 })), async (ids) => {
        const source = toldSource([[{ id: 1 }], ids.map((id) => user(id, 1))]);
        const expected = [...new Set(ids)].toSorted((one, other) => one - other);
        expect(await keysOf({}, { source })).toEqual(expected);
      }),
    );
  });

  it("are asked for once by each key, and never by NULL", async () => {
    const asked: { query: RecordQuery; values: readonly unknown[] }[] = [];
    const source = toldSource([[{ id: 1 }], [user(1, 5), user(2, 5), user(3, null)], []], asked);
    await resolved({ needs: ["org", "members", "org"], resolved: "Org", parameters: {} }, { source });
    expect(asked.map(({ values }) => values)).toEqual([[1], [1], [5]]);
  });

  it("are not found by a source that is unavailable: that is thrown, for another attempt may find them", async () => {
    const source: RecordSource = {
      readRecords: async () => await Promise.reject(new Fault("SOURCE_UNAVAILABLE", "gone")),
      close: async () => undefined,
    };
    await expect(resolved({}, { source })).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
    await expect(resolved({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

const texts = (needs: readonly string[]) =>
  needsQueries(hookSet([]), { input: "Ticket", needs }).map(({ query }) => selectText(query, "postgres"));

describe("the questions that a job's needs become", () => {
  it("read on the way only what leads on, and all declared fields at the end", () => {
    expect(texts([])).toEqual([]);
    expect(texts(["org", "members"])).toEqual([
      'SELECT r."id" FROM "orgs" AS r WHERE r."id" = ANY($1) LIMIT $2',
      'SELECT r."id", r."email", r."role", r."org_id" FROM "users" AS r WHERE r."org_id" = ANY($1) LIMIT $2',
    ]);
  });

  it("are an error if there is no such relation", () => {
    expect(() => texts(["org", "agents"])).toThrow("The hooks know no relation agents of Org.");
    expect(() => texts(["constructor"])).toThrow("The hooks know no relation constructor of Ticket.");
  });
});

const EVIL = [
  `"; DROP TABLE users; --`,
  `a"b`,
  `""`,
  `'`,
  "x\\",
  "$1",
  "?",
  "/*",
  "*/ OR 1=1",
  "\n--",
  "😀",
  `" UNION SELECT "password`,
  "r",
  "a b",
];

describe("the text of a statement", () => {
  it.each(EVIL)("holds the name %j as a name, whatever it would mean elsewhere", (name) => {
    for (const dialect of ["sqlite", "postgres"] as const) {
      const text = selectText({ table: name, fields: new Map([[name, "string"]]), column: name }, dialect);
      const skeleton = selectText({ table: "t", fields: new Map([["t", "string"]]), column: "t" }, dialect);
      const pieces = /"(?:[^"]|"")*"/g;
      expect(text.replaceAll(pieces, "N")).toBe(
        skeleton.replaceAll(pieces, "N").replace("N AS r", name.includes(".") ? "N.N AS r" : "N AS r"),
      );
    }
  });

  it("refuses a name with a NUL, or without a character", () => {
    for (const name of ["a\0b", ""])
      expect(() => selectText({ table: name, fields: new Map(), column: "c" }, "sqlite")).toThrow("no NUL");
  });

  it("depends on names alone: no value of a change ever stands in it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.integer(), fc.constantFrom(...EVIL), fc.string()),
        fc.string(),
        async (org, title) => {
          const asked: { query: RecordQuery; values: readonly unknown[] }[] = [];
          const trigger = { ...TICKET, org_id: org, title };
          await resolved({}, { trigger, source: toldSource([[{ id: 1 }], []], asked) });
          const statements = asked.flatMap(({ query }) => [selectText(query, "sqlite"), selectText(query, "postgres")]);
          const known = needsQueries(hookSet([]), JOB).flatMap(({ query }) => [
            selectText(query, "sqlite"),
            selectText(query, "postgres"),
          ]);
          expect(known).toEqual(expect.arrayContaining(statements));
        },
      ),
    );
  });
});
