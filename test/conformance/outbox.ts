import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CommittedChange } from "#model";
import type { Outbox } from "#effects";
import { hooksOf, install } from "./outbox-subject.ts";
import type { OutboxSubject } from "./outbox-subject.ts";

/** A table whose name means itself only when it is quoted. */
const TABLE = `"odd ""table'; --"`;
const HOOKS = `
version: 1
entities:
  Item:
    table: "odd \\"table'; --"
    key: id
    fields: { id: int, title: string, amount: double, active: bool, at: timestamp, meta: json }
jobs:
  tell: { input: Item, capabilities: [email.send], effect: email.send, with: {} }
hooks:
  Item.after_create: [tell]
  Item.after_update: [tell]
  Item.after_delete: [tell]
`;
const CREATE = {
  sqlite: `CREATE TABLE ${TABLE} (id INTEGER PRIMARY KEY, title TEXT, amount REAL, active INTEGER, at TEXT, meta TEXT)`,
  postgres: `CREATE TABLE ${TABLE} (id bigint PRIMARY KEY, title text, amount double precision, active boolean, at timestamptz, meta jsonb)`,
};
const GARBAGE = {
  sqlite: "INSERT INTO verbatim_outbox (change_id, entity, operation, record) VALUES ('', 'Item', 'create', '[1, 2]')",
  postgres:
    "INSERT INTO verbatim_outbox (change_id, entity, operation, record) VALUES ('', 'Item', 'create', '[1, 2]')",
};
const TITLE = `it's "quoted" \\ \${record.id} $$ ; -- \u{1F600} é 漢\u{2028}`;
const never = new AbortController().signal;

/** Writes a row past the triggers, with a text of so many characters. */
function longRow(characters: number, id: number): string {
  return `INSERT INTO verbatim_outbox (change_id, entity, operation, record)
    VALUES ('c${id}', 'Item', 'create', '{"title":"${"x".repeat(characters)}"}')`;
}

/** Holds an outbox to what its port promises. */
export function outboxConformance(name: string, make: () => Promise<OutboxSubject>): void {
  describe(`an outbox in ${name}`, () => {
    let subject: OutboxSubject;
    let outbox: Outbox;
    beforeAll(async () => {
      subject = await make();
      await subject.run(CREATE[subject.dialect]);
      const hooks = await hooksOf(HOOKS);
      await install(subject, hooks);
      await install(subject, hooks);
      outbox = subject.open();
    });
    afterAll(async () => await subject[Symbol.asyncDispose]());
    beforeEach(async () => await subject.run(`DELETE FROM ${TABLE}; DELETE FROM verbatim_outbox`));

    /** What the rows tell, without their ids. */
    async function told(): Promise<readonly Omit<CommittedChange, "changeId">[]> {
      return (await outbox.read(100)).map(({ change }) => {
        if ("problem" in change) throw new Error(change.problem);
        const { changeId, ...rest } = change;
        expect(changeId).toMatch(/^[0-9a-f-]{32,36}$/);
        return rest;
      });
    }

    async function insert(...ids: readonly number[]): Promise<void> {
      await subject.run(ids.map((id) => `INSERT INTO ${TABLE} (id) VALUES (${id})`).join("; "));
    }

    test("each statement of a committed transaction is told as exactly one row, in order", async () => {
      await subject.run(`BEGIN; INSERT INTO ${TABLE} (id, title) VALUES (1, 'a'); UPDATE ${TABLE} SET title = 'b';
        DELETE FROM ${TABLE}; COMMIT`);
      const nothing = { amount: null, active: null, at: null, meta: null };
      const [a, b] = ["a", "b"].map((title) => ({ id: 1, title, ...nothing }));
      expect(await told()).toEqual([
        { entity: "Item", operation: "create", record: a, old: undefined },
        { entity: "Item", operation: "update", record: b, old: a },
        { entity: "Item", operation: "delete", record: b, old: undefined },
      ]);
    });

    test("a transaction that was rolled back is not told", async () => {
      await subject.run(`BEGIN; INSERT INTO ${TABLE} (id) VALUES (1); ROLLBACK`);
      await insert(2);
      expect((await told()).map(({ record }) => record["id"])).toEqual([2]);
    });

    test("values of every type are told without loss", async () => {
      const title = TITLE.replaceAll("'", "''");
      const truth = subject.dialect === "sqlite" ? "1" : "true";
      const sql = `INSERT INTO ${TABLE} VALUES (9223372036854775807, '${title}', 550.2029996805917, ${truth},
        '2026-01-02T03:04:05.123456Z', '{"big": 12345678901234567890, "list": [1.5, null, {"x": "\\"y\\""}]}')`;
      await subject.run(sql);
      const record = {
        id: "9223372036854775807",
        title: TITLE,
        amount: 550.2029996805917,
        active: true,
        at: "2026-01-02T03:04:05.123456Z",
        meta: { big: "12345678901234567890", list: [1.5, null, { x: '"y"' }] },
      };
      expect((await told()).map((change) => change.record)).toEqual([record]);
    });

    test.each([
      ["-9223372036854775808", "-9223372036854775808"],
      ["-9007199254740992", "-9007199254740992"],
      ["-9007199254740991", -9_007_199_254_740_991],
      ["0", 0],
      ["9007199254740991", 9_007_199_254_740_991],
      ["9007199254740992", "9007199254740992"],
    ])("the whole number %s is told by its digits, or as a number that holds them", async (written, expected) => {
      await subject.run(`INSERT INTO ${TABLE} (id) VALUES (${written})`);
      expect((await told()).map(({ record }) => record["id"])).toEqual([expected]);
    });

    test.each([
      ["2026-01-02 03:04:05", "2026-01-02T03:04:05"],
      ["2026-01-02 03:04:05.123456", "2026-01-02T03:04:05.123456"],
      ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05"],
      ["2026-01-02 03:04", "2026-01-02T03:04:00"],
      ["2026-01-02 03:04:05.5+02:00", "2026-01-02T01:04:05.5"],
      ["2026-02-28", "2026-02-28T00:00:00"],
    ])("the time %s is told as of RFC 3339 in UTC", async (written, expected) => {
      await subject.run(`INSERT INTO ${TABLE} (id, at) VALUES (1, '${written}')`);
      const [at = ""] = (await told()).map(({ record }) => JSON.stringify(record["at"]).replaceAll('"', ""));
      expect(at).toMatch(/^[-\d]{10}T[:\d]{8}(?:\.\d+)?Z$/);
      expect(at.replace(/(\.\d*?)0*Z$/, "$1").replace(/[.Z]$/, "")).toBe(expected);
    });

    test("the oldest rows come first, no more of them than asked for, again until they are removed", async () => {
      await insert(...Array.from({ length: 100 }, (_, at) => at + 1));
      const ids = async (limit: number): Promise<readonly unknown[]> =>
        (await outbox.read(limit)).map(({ change }) => ("record" in change ? change.record["id"] : change.problem));
      expect(await ids(11)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      const rows = await outbox.read(11);
      expect(await ids(2)).toEqual([1, 2]);
      await outbox.remove([rows[0]?.place ?? "", rows[9]?.place ?? ""]);
      expect(await ids(10)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 11, 12]);
      await outbox.remove([rows[0]?.place ?? ""]);
      await outbox.remove([]);
      expect(await ids(2)).toEqual([2, 3]);
    });

    test("long rows are read a few at a time, and one that is too long tells its length and nothing else", async () => {
      for (let id = 1; id <= 12; id++) await subject.run(longRow(id === 3 ? 1_048_577 : 900_000, id));
      const seen: string[] = [];
      for (let rows = await outbox.read(100); rows.length > 0; rows = await outbox.read(100)) {
        expect(rows.length).toBeLessThanOrEqual(6);
        for (const { change } of rows) seen.push("problem" in change ? change.problem : change.changeId);
        await outbox.remove(rows.map(({ place }) => place));
      }
      const expected = Array.from({ length: 12 }, (_, at): unknown => `c${at + 1}`);
      expected[2] = expect.stringMatching(/^the row has 1048\d\d\d bytes; at most 1048576 can be taken in$/);
      expect(seen).toEqual(expected);
    });

    test("a row that was set aside is kept with its problem, and comes again when it is given back", async () => {
      await insert(1, 2);
      const [first] = await outbox.read(1);
      await outbox.setAside(first?.place ?? "", "it's \0 odd");
      expect((await told()).map(({ record }) => record["id"])).toEqual([2]);
      const aside = await subject.rows("SELECT entity, problem FROM verbatim_outbox WHERE problem IS NOT NULL");
      expect(aside).toMatchObject([{ entity: "Item", problem: expect.stringMatching(/^it's . odd$/u) }]);
      await subject.run("UPDATE verbatim_outbox SET problem = NULL");
      expect((await told()).map(({ record }) => record["id"])).toEqual([1, 2]);
    });

    test("a row with garbage in it is told with its problem, and the others are told as ever", async () => {
      await insert(1);
      await subject.run(GARBAGE[subject.dialect]);
      await subject.run(`INSERT INTO verbatim_outbox (entity, operation, record) VALUES ('Item', 'create', '"text"')`);
      await insert(2);
      expect((await outbox.read(100)).map(({ change }) => change)).toMatchObject([
        { record: { id: 1 } },
        { problem: "change_id is no text of 1 to 128 characters" },
        { problem: "record is no JSON object" },
        { record: { id: 2 } },
      ]);
    });

    test("an entity with all the fields and the longest name that are allowed keeps its operations apart", async () => {
      const entity = "E".repeat(63);
      const names = Array.from({ length: 199 }, (_, at) => `f${at}`);
      await subject.run(`CREATE TABLE wide (id INTEGER PRIMARY KEY, ${names.map((one) => `${one} TEXT`).join(", ")})`);
      const fields = ["id: int", ...names.map((one) => `${one}: string`)].join(", ");
      const hooks = HOOKS.replace(
        / {2}Item:\n.*\n.*\n.*\n/,
        `  ${entity}: { table: wide, key: id, fields: { ${fields} } }\n`,
      );
      await install(subject, await hooksOf(hooks.replaceAll("Item", entity)));
      await subject.run(
        "INSERT INTO wide (id, f198) VALUES (1, 'last'); UPDATE wide SET f0 = 'first'; DELETE FROM wide",
      );
      const changes = await told();
      expect(changes.map(({ operation }) => operation)).toEqual(["create", "update", "delete"]);
      expect(changes.map(({ record }) => Object.keys(record).length)).toEqual([200, 200, 200]);
      expect(changes[1]).toMatchObject({ entity, record: { id: 1, f0: "first", f198: "last" }, old: { f0: null } });
    });

    test("a wait ends when its time is over, and at once when it is given up", async () => {
      const own = subject.open();
      const startMs = performance.now();
      await own.wait(100, { signal: AbortSignal.abort() });
      const giving = new AbortController();
      const given = own.wait(60_000, { signal: giving.signal });
      giving.abort();
      await given;
      await own.wait(1, { signal: never });
      expect(performance.now() - startMs).toBeLessThan(30_000);
      await own.close();
    });

    test("without its table it says how that is made, and goes on when it was", async () => {
      await subject.run("ALTER TABLE verbatim_outbox RENAME TO elsewhere");
      await expect(outbox.read(1)).rejects.toMatchObject({
        code: "NOT_CONFIGURED",
        message: expect.stringContaining("verbatim hooks outbox"),
      });
      await subject.run("ALTER TABLE elsewhere RENAME TO verbatim_outbox");
      expect(await outbox.read(1)).toEqual([]);
    });

    test("closed it says so, and can be closed again", async () => {
      const own = subject.open();
      await own.read(1);
      await own.close();
      await own.close();
      await expect(own.read(1)).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
      await own.wait(60_000, { signal: AbortSignal.abort() });
    });
  });
}
