import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEntityCreate } from "#effects";
import type { CreatableEntity, RecordWriter, StepOutput, StepType } from "#effects";
import type { FieldType, Json, JsonObject } from "#model";
import { performStep } from "../effects/support/perform-step.ts";

/** A writer over an application's tables, and how a test looks at them. */
export interface WriterSubject extends AsyncDisposable {
  readonly writer: RecordWriter;
  /** All notes, by another connection, with text columns as texts. */
  notes(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Another one over the same tables, for tests that close it. */
  open(): RecordWriter;
  /** One whose database is not there. */
  nowhere(): RecordWriter;
}

/** The tables of the suite, but for how a database makes keys (`KEY`) and what it calls its types. */
export const TABLES = `
CREATE TABLE notes (id KEY, body TEXT NOT NULL, stars INT8 CHECK (stars < 6 OR stars > 1000), weight REAL8, done BOOLEAN, at TIMESTAMPTZ, more JSON,
  verbatim_key TEXT UNIQUE);
CREATE TABLE loose (id KEY, body TEXT, verbatim_key TEXT);
CREATE TABLE named (code TEXT PRIMARY KEY, verbatim_key TEXT NOT NULL UNIQUE);`;

const FIELDS: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ["body", "string"],
  ["stars", "int"],
  ["weight", "double"],
  ["done", "bool"],
  ["at", "timestamp"],
  ["more", "json"],
]);
const own = { key: "id", idempotencyColumn: "verbatim_key", fields: FIELDS };
const ENTITIES: ReadonlyMap<string, CreatableEntity> = new Map([
  ["Note", { ...own, table: "notes" }],
  ["Loose", { ...own, table: "loose" }],
  ["Lost", { ...own, table: "no_such_table" }],
  ["Wrong", { ...own, table: "notes", fields: new Map<string, FieldType>([["no_such_column", "string"]]) }],
  ["Named", { ...own, table: "named", key: "code", fields: new Map<string, FieldType>([["code", "string"]]) }],
]);

/** What the port `RecordWriter` promises and `entity.create` makes of it, asked of an adapter. */
export function recordWriterConformance(name: string, make: () => Promise<WriterSubject>): void {
  describe(`entity.create into ${name}`, () => {
    let subject: WriterSubject;
    let type: StepType;
    let keys = 0;
    const create = async (entity: string, record: JsonObject, more: JsonObject = {}): Promise<StepOutput> => {
      keys += 1;
      return await performStep(type, { entity, record, ...more }, { key: `job-${keys}/0` });
    };
    beforeAll(async () => {
      subject = await make();
      type = createEntityCreate({ entities: ENTITIES, writer: subject.writer });
    }, 60_000);
    afterAll(async () => await subject[Symbol.asyncDispose]());

    it("adds a record with exactly the values that were given, and tells its key", async () => {
      const body = "O'Brien\"; DROP TABLE notes; -- ü 😀 ${x} $1 ?1";
      const at = "2026-01-02T03:04:05.5+02:00";
      const record = { body, stars: "9223372036854775807", weight: 0.1, done: true, at, more: { a: [1, null, "'"] } };
      const done = await create("Note", record);
      const key = JSON.stringify((done.output as JsonObject)["key"]);
      expect(done).toEqual({
        success: true,
        output: { entity: "Note", key: expect.any(Number) as number, created: true },
      });
      const note = (await subject.notes()).find(({ id }) => String(id) === key);
      expect(note).toMatchObject({
        body,
        stars: "9223372036854775807",
        weight: "0.1",
        done: "1",
        more: { a: [1, null, "'"] },
      });
      expect(note?.["at"]).toMatch(/^2026-01-02[T ]01:04:05\.5/);
      expect(note?.["verbatim_key"]).toBe(`job-${keys}/0`);
    });

    it("leaves columns that are not given to the database, and takes null for NULL", async () => {
      await create("Note", { body: "short", stars: null });
      expect((await subject.notes()).at(-1)).toMatchObject({ body: "short", stars: null, weight: null, more: null });
    });

    it("adds nothing a second time under one idempotency key, and tells the key of the first", async () => {
      const before = (await subject.notes()).length;
      const given = { idempotency_key: "ticket-7" };
      const first = await create("Note", { body: "first" }, given);
      const again = await create("Note", { body: "again" }, given);
      expect(again).toEqual({ success: true, output: { ...(first.output as JsonObject), created: false } });
      const many = await Promise.all(
        Array.from({ length: 10 }, () => create("Note", { body: "m" }, { idempotency_key: "m" })),
      );
      expect(many.filter(({ output }) => (output as JsonObject)["created"])).toHaveLength(1);
      expect(new Set(many.map(({ output }) => (output as JsonObject)["key"])).size).toBe(1);
      expect(await subject.notes()).toHaveLength(before + 2);
    });

    it.each<readonly [name: string, given: readonly [string, JsonObject], failure: readonly [string, RegExp]]>([
      ["a missing value", ["Note", {}], ["validation_failed", /null/i]],
      ["a broken check", ["Note", { body: "x", stars: 6 }], ["validation_failed", /check/i]],
      ["a column that is not unique", ["Loose", { body: "x" }], ["permanent", /ON CONFLICT/]],
      ["a table that is not there", ["Lost", { body: "x" }], ["permanent", /no_such_table/]],
      ["a column that is not there", ["Wrong", { no_such_column: "x" }], ["permanent", /no_such_column/]],
    ])("fails at %s as what it is", async (_name, [entity, record], [errorClass, error]) => {
      const before = await subject.notes();
      const failed = await create(entity, record);
      expect(failed).toMatchObject({ success: false, output: null, errorClass });
      expect(failed.error).toMatch(error);
      expect(await subject.notes()).toEqual(before);
    });

    it("fails where the key of the record is taken by another one, and is not taken for a repetition", async () => {
      expect(await create("Named", { code: "a" })).toMatchObject({ output: { key: "a", created: true } });
      expect(await create("Named", { code: "a" })).toMatchObject({ success: false, errorClass: "validation_failed" });
    });

    it.each([
      [{ entity: "Nothing", record: {} }, "entity"],
      [{ entity: "notes", record: {} }, "entity"],
      [{ entity: "Note", record: { id: 1 } }, "record.id"],
      [{ entity: "Note", record: { verbatim_key: "mine" } }, "record.verbatim_key"],
      [{ entity: "Note", record: { 'body") VALUES (1); --': 1 } }, 'record.body") VALUES (1); --'],
    ] as readonly (readonly [JsonObject, string])[])("refuses %j, which no list permits", async (parameters, field) => {
      const before = await subject.notes();
      expect(type.checkParameters(parameters)).toMatchObject([{ field }]);
      expect(await performStep(type, parameters)).toMatchObject({ errorClass: "sandbox_violation" });
      expect(await subject.notes()).toEqual(before);
    });

    it.each<readonly [string, Json]>([
      ["body", 1],
      ["body", "a\0b"],
      ["stars", 1.5],
      ["stars", "9223372036854775808"],
      ["stars", "1; DROP TABLE notes"],
      ["weight", "1"],
      ["done", 1],
      ["at", "yesterday"],
      ["at", "2026-02-30"],
      ["more", { a: "\0" }],
    ])("refuses the %s %j, which is not what the field was declared to be", async (field, value) => {
      const parameters = { entity: "Note", record: { [field]: value } };
      expect(type.checkParameters(parameters)).toMatchObject([{ field: `record.${field}` }]);
      expect(await performStep(type, parameters)).toMatchObject({ errorClass: "validation_failed" });
    });

    it("fails as transient without its database, and does nothing once it was stopped or closed", async () => {
      const before = await subject.notes();
      const record = { body: "x" };
      const nowhere = subject.nowhere();
      const lost = createEntityCreate({ entities: ENTITIES, writer: nowhere });
      expect(await performStep(lost, { entity: "Note", record })).toMatchObject({ errorClass: "transient_io" });
      await nowhere.close();
      const closed = subject.open();
      await closed.close();
      await closed.close();
      const late = createEntityCreate({ entities: ENTITIES, writer: closed });
      expect(await performStep(late, { entity: "Note", record })).toMatchObject({ errorClass: "transient_io" });
      const signal = AbortSignal.abort();
      expect(await performStep(type, { entity: "Note", record }, { signal })).toMatchObject({ success: false });
      expect(await subject.notes()).toEqual(before);
    });
  });
}
