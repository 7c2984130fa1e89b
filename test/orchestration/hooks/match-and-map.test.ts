import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChangeOperation, CommittedChange, EntityRecord, Hook, Json } from "#model";
import { LIMITS } from "#model";
import { applyFilter } from "../../../src/orchestration/hooks/apply-filter.ts";
import { compileHooks } from "../../../src/orchestration/hooks/compile-hooks.ts";
import { effectKey, fanOut } from "../../../src/orchestration/hooks/fan-out.ts";
import type { MappedRecords } from "../../../src/orchestration/hooks/map-parameters.ts";
import { mapParameters } from "../../../src/orchestration/hooks/map-parameters.ts";
import { matchHooks } from "../../../src/orchestration/hooks/match-hooks.ts";
import { project } from "../../../src/orchestration/hooks/project.ts";
import { textPieces } from "../../../src/orchestration/hooks/reference.ts";
import { hookSet, JOB, USER } from "./support.ts";

const OPERATIONS: readonly ChangeOperation[] = ["create", "update", "delete"];
const RECORD: EntityRecord = { id: 7, title: "Printer", priority: "high", org_id: 1, author_id: null };

function hook(entity: string, operation: ChangeOperation, condition?: string): Hook {
  return { name: `${entity}.after_${operation}`, entity, operation, condition, jobs: ["notify"] };
}

function change(entity: string, operation: ChangeOperation, old?: EntityRecord): CommittedChange {
  return { changeId: "c1", entity, operation, record: RECORD, old };
}

async function matched(hooks: readonly Hook[], one: CommittedChange) {
  const { matched: jobs, undecided } = matchHooks(await compileHooks(hookSet([JOB], hooks)), one);
  return { hooks: jobs.map((match) => match.hook), undecided, jobs };
}

describe("what follows from a committed change", () => {
  it("is what the hook on exactly its entity and operation asks for", async () => {
    const hooks = ["Ticket", "Org", "User"].flatMap((entity) => OPERATIONS.map((operation) => hook(entity, operation)));
    for (const entity of ["Ticket", "Org", "User"]) {
      for (const operation of OPERATIONS)
        expect((await matched(hooks, change(entity, operation))).hooks).toEqual([`${entity}.after_${operation}`]);
    }
    expect(await matched(hooks, change("ticket", "create"))).toEqual({ hooks: [], undecided: [], jobs: [] });
    expect((await matched(hooks, change("Tickets", "update"))).hooks).toEqual([]);
  });

  it.each([
    ["holds", ["high", "low", ["Ticket.after_update"]]],
    ["does not hold, for it was so before", ["high", "high", []]],
    ["does not hold, for it is not so", ["low", "high", []]],
  ] as const)("depends on its condition, which %s", async (_what, [priority, before, expected]) => {
    const hooks = [hook("Ticket", "update", 'new.priority == "high" && old.priority != "high"')];
    const one = { ...change("Ticket", "update", { ...RECORD, priority: before }), record: { ...RECORD, priority } };
    expect(await matched(hooks, one)).toMatchObject({ hooks: expected, undecided: [] });
  });

  it("is told as undecided if the condition cannot be evaluated, and is no silent no", async () => {
    const hooks = [hook("Ticket", "update", 'old.priority != "high"')];
    const { hooks: names, undecided } = await matched(hooks, change("Ticket", "update"));
    expect(names).toEqual([]);
    expect(undecided).toEqual([
      { hook: "Ticket.after_update", problem: expect.stringContaining("not known of this change: old") },
    ]);
    const division = await matched([hook("Ticket", "create", "new.id / 0 == 1")], change("Ticket", "create"));
    expect(division.undecided).toEqual([
      { hook: "Ticket.after_create", problem: expect.stringContaining("divide by zero") },
    ]);
  });

  it("knows what was before: nothing of a create, the record itself of a delete", async () => {
    const [created] = (await matched([hook("Ticket", "create")], change("Ticket", "create", { id: 1 }))).jobs;
    expect(created?.old).toBeUndefined();
    const deleted = await matched([hook("Ticket", "delete", 'old.priority == "high"')], change("Ticket", "delete"));
    expect(deleted.jobs).toMatchObject([{ trigger: RECORD, old: RECORD }]);
  });

  it("is refused altogether if a condition is none", async () => {
    const compiling = compileHooks(hookSet([JOB], [hook("Ticket", "create", "new.nix == 1")]));
    await expect(compiling).rejects.toMatchObject({ code: "INVALID_CONFIGURATION" });
  });
});

const UNMAPPABLE: readonly (readonly [what: string, given: Partial<MappedRecords>, text: string, told: string])[] = [
  ["a record before the change that is not known", { old: undefined }, "${old.title}", "not known"],
  ["a field that the record has not", {}, "${record.nix}", "has no such field"],
  ["a field that every object inherits", {}, "${record.constructor}", "has no such field"],
  [
    "a value that names a secret of the server",
    { record: { email: [{ secretRef: "smtp" }] } },
    "${record.email}",
    "names a secret",
  ],
  [
    "such a value inside of a text",
    { record: { email: { secretRef: "smtp" } } },
    "x ${record.email}",
    "names a secret",
  ],
  [
    "more than a step may be given",
    { record: { email: "x".repeat(LIMITS.parametersBytesPerStep) } },
    "${record.email}",
    "at most 262144 are allowed",
  ],
];

describe("the parameters of an effect", () => {
  const records = { record: { id: 3, email: "a@example.com" }, trigger: RECORD, old: { ...RECORD, title: "Before" } };
  const mapped = (parameters: Record<string, Json>, given: Parameters<typeof mapParameters>[1] = records) =>
    mapParameters({ parameters }, given);

  it("are the declared ones with the values of fields in the texts, however deep they are", () => {
    const parameters = {
      to: ["${record.email}", "fixed"],
      text: "${old.title} → ${trigger.title} (${trigger.id})",
      deep: [{ n: [1, true, null, "$${x}"] }],
    };
    expect(mapped(parameters)).toEqual({
      parameters: {
        to: ["a@example.com", "fixed"],
        text: "Before → Printer (7)",
        deep: [{ n: [1, true, null, "${x}"] }],
      },
    });
  });

  it("keep the type of a value that is the whole of a text, and JSON as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes("secretRef"));
        const result = mapped({ value: "${record.value}" }, { ...records, record: { value: value as Json } });
        expect(result).toEqual({ parameters: { value } });
      }),
    );
  });

  it("hold a value within a longer URL as one piece of it, which leads nowhere else", () => {
    const at = (slug: string) =>
      mapped({ url: "https://crm.example/tickets/${record.slug}/close" }, { ...records, record: { slug } });
    expect(at("a b")).toEqual({ parameters: { url: "https://crm.example/tickets/a%20b/close" } });
    expect(at("../../admin/users/7?x=#")).toEqual({
      parameters: { url: "https://crm.example/tickets/..%2F..%2Fadmin%2Fusers%2F7%3Fx%3D%23/close" },
    });
    expect(at("..")).toMatchObject({ problem: expect.stringContaining("cannot stand there") });
    const whole = mapped({ url: "${record.link}" }, { ...records, record: { link: "https://a.example/b?c=d" } });
    expect(whole).toEqual({ parameters: { url: "https://a.example/b?c=d" } });
  });

  it("have whatever is no text as JSON in longer texts, and nothing for NULL", () => {
    const record = { a: 5, b: null, c: [1, { d: "x" }], e: true, f: "t" };
    expect(
      mapped({ text: "${record.a}|${record.b}|${record.c}|${record.e}|${record.f}" }, { ...records, record }),
    ).toEqual({
      parameters: { text: '5||[1,{"d":"x"}]|true|t' },
    });
  });

  it("take a value for what it is, even if it looks like a reference", () => {
    const record = { email: "${trigger.title} $${ ${record.email}" };
    expect(mapped({ a: "${record.email}", b: "<${record.email}>" }, { ...records, record })).toEqual({
      parameters: { a: record.email, b: `<${record.email}>` },
    });
  });

  it.each(UNMAPPABLE.map(([what, ...rest]) => [what, rest] as const))(
    "are not made of %s",
    (_what, [given, text, told]) => {
      const result = mapped({ text }, { ...records, ...given });
      expect("problem" in result ? result.problem : result).toContain(told);
    },
  );

  it("lose no text that holds no reference", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("$", "{", "}", "${", "$${", "record.id", "ü")).map((pieces) => pieces.join("")),
        (text) => {
          const written = text.replaceAll("${", () => "$${");
          expect(
            textPieces(written)
              .map((piece) => ("text" in piece ? piece.text : "?"))
              .join(""),
          ).toBe(text);
        },
      ),
    );
  });
});

describe("filter and projection of records", () => {
  it("let through the records of which the filter holds, and fail with the first that it cannot be told of", async () => {
    const { filters } = await compileHooks(hookSet([{ ...JOB, filter: "record.role == 'agent' && trigger.id == 7" }]));
    const agents = ["agent", "client", "agent", null].map((role, id) => ({ id, role, email: "", org_id: 1 }));
    expect(applyFilter(filters.get("notify"), agents, RECORD)).toEqual({ records: [agents[0], agents[2]] });
    expect(applyFilter(filters.get("notify"), [...agents, { id: 5 }], RECORD)).toHaveProperty("problem");
    expect(applyFilter(undefined, agents, RECORD)).toEqual({ records: agents });
  });

  it("show the fields of the projection alone, and none that is not declared", () => {
    const record = { id: 1, email: "a", role: "agent", org_id: 2, password: "secret" };
    expect(project(record, USER, ["email"])).toEqual({ email: "a" });
    expect(project(record, USER, ["email", "password", "__proto__"])).toEqual({ email: "a" });
    expect(project(record, USER, undefined)).toEqual({ id: 1, email: "a", role: "agent", org_id: 2 });
  });
});

const effectsOf = (ids: readonly (number | string)[], changeId = "c1") =>
  fanOut(JOB, {
    changeId,
    trigger: RECORD,
    old: undefined,
    records: ids.map((key) => ({ key, record: { email: `${key}@x` } })),
  });

describe("the effects of a job", () => {
  it("are one for each record, each with parameters and a key of its own", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { maxLength: 50 }), (ids) => {
        const result = effectsOf(ids);
        const effects = "effects" in result ? result.effects : [];
        expect(effects.map(({ parameters }) => parameters)).toEqual(ids.map((id) => ({ to: [`${id}@x`] })));
        expect(new Set(effects.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(ids.length);
        expect(effectsOf(ids)).toEqual(result);
      }),
    );
  });

  it("have keys that depend on change, job and record, and that the id of a job can be", () => {
    const keys = [
      effectKey("c1", "a", 1),
      effectKey("c1", "a", "1"),
      effectKey("c1", "b", 1),
      effectKey("c2", "a", 1),
      effectKey("c1a", "", 1),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
  });

  it("are all made or none, and it is told of each record why not", () => {
    const records = [
      { key: 1, record: { email: "a" } },
      { key: 2, record: {} },
      { key: 3, record: {} },
    ];
    const result = fanOut(JOB, { changeId: "c", trigger: RECORD, old: undefined, records });
    expect("problems" in result ? result.problems : result).toEqual([
      expect.stringContaining("record 2: "),
      expect.stringContaining("record 3: "),
    ]);
  });

  it("are none that the job's capabilities do not grant, wherever the job came from", () => {
    const job = { ...JOB, capabilities: new Set(["webhook.post"]) };
    expect(() => fanOut(job, { changeId: "c", trigger: RECORD, old: undefined, records: [] })).toThrow("capabilities");
  });
});
