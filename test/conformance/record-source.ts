import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EntityRecord, FieldType } from "#model";
import type { RecordQuery, RecordSource } from "#effects";

/** A source over an application's tables, and what a test does to them. */
export interface SourceSubject extends AsyncDisposable {
  readonly source: RecordSource;
  /** Another one over the same tables, for tests that close it. */
  open(): RecordSource;
}

/** The tables of the suite, in the SQL of all: what a database of an application has in it, odd names and values included. */
export const TABLES = {
  users: [
    { id: 1, email: "a@example.com", org_id: 10, active: true, score: 1.5 },
    { id: 2, email: "O'Brien\"; DROP TABLE users; --", org_id: 10, active: false, score: null },
    { id: 3, email: "ü 😀 \\ % _ ${x}", org_id: null, active: null, score: 0.1 },
    { id: "9007199254740993", email: "large", org_id: "9223372036854775807", active: true, score: -2 },
    { id: -7, email: "negative", org_id: 11, active: true, score: 1e21 },
  ],
  'odd "table"; --': [
    { key: "a'b", 'sel"ect': "one" },
    { key: 'a"b', 'sel"ect': "two" },
    { key: "%", 'sel"ect': "three" },
  ],
} as const satisfies Readonly<Record<string, readonly EntityRecord[]>>;

const USER: ReadonlyMap<string, FieldType> = new Map([
  ["id", "int"],
  ["email", "string"],
  ["org_id", "int"],
  ["active", "bool"],
  ["score", "double"],
]);

const never = new AbortController().signal;
const users = (column: string, fields = USER): RecordQuery => ({ table: "users", fields, column });

/** What {@link RecordSource} promises, asked of an adapter. */
export function recordSourceConformance(name: string, make: () => Promise<SourceSubject>): void {
  describe(`a source of records in ${name}`, () => {
    let subject: SourceSubject;
    const read = async (
      query: RecordQuery,
      values: readonly (string | number)[],
      { maxRecords = 100, signal = never } = {},
    ) => (await subject.source.readRecords(query, { values, maxRecords, signal })).toSorted(byText);
    beforeAll(async () => {
      subject = await make();
    });
    afterAll(async () => await subject[Symbol.asyncDispose]());

    it("reads the records whose column holds one of the values, and no other", async () => {
      expect(await read(users("org_id"), [10])).toEqual([TABLES.users[0], TABLES.users[1]].toSorted(byText));
      expect(await read(users("id"), [1, 3, 99])).toEqual([TABLES.users[0], TABLES.users[2]].toSorted(byText));
      expect(await read(users("email"), ["negative"])).toEqual([TABLES.users[4]]);
    });

    it("gives only the columns that were asked for", async () => {
      const fields = new Map<string, FieldType>([
        ["email", "string"],
        ["id", "int"],
      ]);
      expect(await read(users("id", fields), [1])).toEqual([{ email: "a@example.com", id: 1 }]);
    });

    it("finds nothing where nothing is, and never a NULL", async () => {
      expect(await read(users("org_id"), [12_345])).toEqual([]);
      expect(await read(users("email"), ["null", "", "NULL"])).toEqual([]);
    });

    it("asks no database for no values, not even of a table that is not there", async () => {
      expect(await read({ ...users("id"), table: "nowhere" }, [])).toEqual([]);
    });

    it("keeps every digit of numbers beyond what a double holds", async () => {
      expect(await read(users("id"), ["9007199254740993"])).toEqual([TABLES.users[3]]);
      expect(await read(users("org_id"), ["9223372036854775807"])).toEqual([TABLES.users[3]]);
      expect(await read(users("id"), ["9007199254740992"])).toEqual([]);
    });

    it("takes names and values for what they are, whatever is in them", async () => {
      const table = 'odd "table"; --';
      const fields = new Map<string, FieldType>([
        ["key", "string"],
        ['sel"ect', "string"],
      ]);
      expect(await read({ table, fields, column: "key" }, ["a'b"])).toEqual([TABLES[table][0]]);
      expect(await read({ table, fields, column: "key" }, ['a"b', "' OR 1=1 --"])).toEqual([TABLES[table][1]]);
      expect(await read({ table, fields, column: 'sel"ect' }, ["three"])).toEqual([TABLES[table][2]]);
      expect(await read(users("email"), ["O'Brien\"; DROP TABLE users; --"])).toEqual([TABLES.users[1]]);
      expect(await read(users("id"), [1])).toHaveLength(1);
    });

    it("gives as many records as may be, and fails with one more", async () => {
      expect(await read(users("org_id"), [10], { maxRecords: 2 })).toHaveLength(2);
      await expect(read(users("org_id"), [10], { maxRecords: 1 })).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    });

    it("reads 10,000 values in one go", async () => {
      const values = Array.from({ length: 10_000 }, (_, at) => at + 1);
      expect(await read(users("id"), values)).toHaveLength(3);
    });

    it.each([
      ["a table that is not there", { ...users("id"), table: "nowhere" }],
      ["a column that is not there", users("id", new Map([...USER, ["nix", "string"] as const]))],
    ])("says of %s that the file of hooks does not fit", async (_what, query) => {
      await expect(read(query, [1])).rejects.toMatchObject({ code: "NOT_CONFIGURED" });
    });

    it("reads nothing for a signal that has aborted already", async () => {
      const signal = AbortSignal.abort();
      await expect(read(users("id"), [1], { signal })).rejects.toMatchObject({ code: "CANCELLED" });
    });

    it("is unavailable after its close, which is safe to call twice", async () => {
      const source = subject.open();
      const options = { values: [1], maxRecords: 1, signal: never };
      expect(await source.readRecords(users("id"), options)).toHaveLength(1);
      await source.close();
      await source.close();
      await expect(source.readRecords(users("id"), options)).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
    });
  });
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
