import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "#model";
import { outboxSql } from "#api";
import { createSqliteOutbox } from "#effects";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { RelayBench } from "./outbox-bench.ts";

const TABLE = outboxSql({ hash: "", entities: new Map(), jobs: new Map(), hooks: [] }, "sqlite");

/** An application's database with an outbox, and a bench over it. */
async function benchOver(): Promise<AsyncDisposable & { bench: RelayBench; database: DatabaseSync; write: Write }> {
  const directory = await scratchDirectory();
  const file = join(directory.path, "app.db");
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${TABLE}`);
  let bench: RelayBench | undefined;
  const outbox = createSqliteOutbox({
    file,
    clock: {
      now: () => "",
      monotonicMs: () => 0,
      after: (ms, callback) => bench?.clock.after(ms, callback) ?? (() => undefined),
    },
  });
  bench = new RelayBench(outbox);
  const insert = database.prepare(
    "INSERT INTO verbatim_outbox (change_id, entity, operation, record) VALUES (?, 'Item', 'create', ?)",
  );
  return {
    bench,
    database,
    write: (...ids) => {
      for (const id of ids) insert.run(id, id.startsWith("garbage") ? "[]" : "{}");
    },
    async [Symbol.asyncDispose]() {
      await outbox.close();
      bench?.store.close();
      database.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

type Write = (...ids: readonly string[]) => void;

function left(database: DatabaseSync): readonly (readonly [unknown, unknown])[] {
  const rows = database.prepare("SELECT change_id, problem FROM verbatim_outbox ORDER BY place").all();
  return rows.map((row) => [row["change_id"], row["problem"]] as const);
}

/** Looks at each turn of the event loop: time is moved by somebody else. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => void setImmediate(resolve));
}

describe("the relay of an outbox", () => {
  test("takes every row in once, in the order in which they were written, more than it reads at once", async () => {
    await using on = await benchOver();
    const ids = Array.from({ length: 250 }, (_, at) => `change-${at}`);
    on.write(...ids);
    await on.bench.untilIdle();
    expect(on.bench.enqueued).toEqual(ids);
    expect(on.bench.asked).toEqual(ids);
    expect(left(on.database)).toEqual([]);
    expect(on.bench.news).toEqual([]);
  });

  test("that dies between accepting the work and removing the rows asks again, and nothing is done twice", async () => {
    await using on = await benchOver();
    on.write("a", "b");
    await on.bench.untilCall(4, "before"); // read, publish, publish, and it dies at remove
    expect(on.bench.enqueued).toEqual(["a", "b"]);
    expect(left(on.database)).toEqual([
      ["a", null],
      ["b", null],
    ]);
    await on.bench.untilIdle();
    expect(on.bench.asked).toEqual(["a", "b", "a", "b"]);
    expect(on.bench.enqueued).toEqual(["a", "b"]);
    expect(left(on.database)).toEqual([]);
  });

  test.each(["LIMIT_EXCEEDED", "DRAINING"] as const)(
    "keeps the row and those behind it while the desk refuses with %s, and goes on a second later",
    async (code) => {
      await using on = await benchOver();
      on.write("a", "b", "c");
      let refusals = 3;
      on.bench.refuse = ({ changeId }) => {
        if (changeId === "b" && refusals-- > 0) throw new Fault(code, "Not now.");
      };
      const asked = (): number => on.bench.asked.filter((id) => id === "b").length;
      const relay = on.bench.relay({});
      relay.start();
      for (const told of [1, 2, 3]) {
        await expect.poll(() => on.bench.clock.armed > 0 && asked()).toBe(told);
        expect(left(on.database)).toEqual([
          ["b", null],
          ["c", null],
        ]);
        on.bench.clock.advance(999);
        expect(on.bench.clock.armed).toBe(1);
        on.bench.clock.advance(1);
      }
      await expect.poll(() => left(on.database)).toEqual([]);
      on.bench.clock.advance(3000);
      await expect.poll(() => on.bench.news.length).toBe(2);
      await relay.close();
      expect(on.bench.asked).toEqual(["a", "b", "b", "b", "b", "c"]);
      expect(on.bench.enqueued).toEqual(["a", "b", "c"]);
      expect(on.bench.quiet).toEqual(["b", "b", "b"]); // of the first refusal the desk has told itself
      expect(on.bench.news).toMatchObject([
        { kind: "waits", error: { code } },
        { kind: "goes on", failures: 3, ms: 2000 },
      ]);
    },
  );

  test("sets a row aside that can not be taken in, tells of it, and takes it in when it is given back", async () => {
    await using on = await benchOver();
    on.write("a", "odd", "garbage", "b");
    on.bench.refuse = ({ changeId }) => {
      if (changeId === "odd") throw new Fault("INVALID_REQUEST", "The entity is not known.");
    };
    await on.bench.untilIdle();
    expect(on.bench.enqueued).toEqual(["a", "b"]);
    expect(left(on.database)).toEqual([
      ["odd", "The entity is not known."],
      ["garbage", "record is no JSON object"],
    ]);
    expect(on.bench.news).toEqual([
      { kind: "set aside", place: "2", problem: "The entity is not known." },
      { kind: "set aside", place: "3", problem: "record is no JSON object" },
    ]);
    on.bench.refuse = () => undefined;
    on.database.exec("UPDATE verbatim_outbox SET problem = NULL, record = '{}'");
    await on.bench.untilIdle();
    expect(on.bench.enqueued).toEqual(["a", "b", "odd", "garbage"]);
    expect(left(on.database)).toEqual([]);
  });

  test("sets aside what nobody has foreseen after six tries, once another row was taken in, and tells why", async () => {
    await using on = await benchOver();
    on.bench.refuse = ({ changeId }) => {
      if (changeId === "odd") throw new RangeError("too deep");
    };
    on.write("a", "odd", "b", "c");
    const relay = on.bench.relay({});
    relay.start();
    await on.bench.clock.settle((async () => await until(() => on.bench.enqueued.length === 3))());
    await relay.close();
    expect(left(on.database)).toEqual([["odd", "it could not be taken in, 6 times: too deep"]]);
    expect(on.bench.asked).toEqual(["a", "odd", "odd", "odd", "odd", "odd", "b", "odd", "c"]);
    expect(on.bench.news.map(({ kind }) => kind)).toEqual(["waits", "set aside"]);
  });

  test("sets nothing aside while every row fails in a way that nobody has foreseen, as when a store does", async () => {
    await using on = await benchOver();
    let broken = true;
    on.bench.refuse = () => {
      if (broken) throw new Error("disk I/O error");
    };
    on.write("a", "b", "c");
    const relay = on.bench.relay({});
    relay.start();
    await on.bench.clock.settle((async () => await until(() => on.bench.asked.length > 100))());
    expect(left(on.database).map(([, problem]) => problem)).toEqual([null, null, null]);
    broken = false;
    await on.bench.clock.settle((async () => await until(() => on.bench.enqueued.length === 3))());
    await expect.poll(() => left(on.database)).toEqual([]);
    await relay.close();
    expect(on.bench.enqueued).toEqual(["a", "b", "c"]);
  });

  test("waits for an outbox that is not there, and takes in what it holds when it is", async () => {
    await using on = await benchOver();
    on.database.exec("ALTER TABLE verbatim_outbox RENAME TO elsewhere");
    const relay = on.bench.relay({});
    relay.start();
    await expect.poll(() => on.bench.news).toMatchObject([{ kind: "waits", error: { code: "NOT_CONFIGURED" } }]);
    on.database.exec("ALTER TABLE elsewhere RENAME TO verbatim_outbox");
    on.write("a");
    on.bench.clock.advance(1000);
    await expect.poll(() => on.bench.enqueued).toEqual(["a"]);
    await relay.close();
  });

  test("that is closed takes in nothing behind the row that it has in hand, and leaves no timer", async () => {
    await using on = await benchOver();
    on.write("a", "b");
    const closing: Promise<void>[] = [];
    const relay = on.bench.relay({
      onCall: (call, when) => {
        if (call === "publish" && when === "before") closing.push(relay.close());
      },
    });
    relay.start();
    await expect.poll(() => closing.length).toBe(1);
    await closing[0];
    expect(on.bench.enqueued).toEqual(["a"]);
    expect(left(on.database)).toEqual([["b", null]]);
    expect(on.bench.clock.armed).toBe(0);
  });

  test("asks for the work of each committed row exactly once and in order, wherever it dies and however often", async () => {
    const row = fc.constantFrom("change", "change", "odd", "garbage");
    const deaths = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom("before", "after")), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 8 }),
        fc.array(row, { maxLength: 3 }),
        deaths,
        async (first, then, crashes) => {
          await using on = await benchOver();
          const ids = [...first, ...then].map((kind, at) => `${kind}-${at}`);
          on.bench.refuse = ({ changeId }) => {
            if (changeId.startsWith("odd")) throw new Fault("INVALID_REQUEST", "odd");
          };
          on.write(...ids.slice(0, first.length));
          for (const [at, when] of crashes) await on.bench.untilCall(at, when);
          on.write(...ids.slice(first.length));
          await on.bench.untilIdle();
          expect(on.bench.enqueued).toEqual(ids.filter((id) => id.startsWith("change")));
          expect(left(on.database).map(([id]) => id)).toEqual(ids.filter((id) => !id.startsWith("change")));
          expect(left(on.database).every(([, problem]) => problem !== null)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
