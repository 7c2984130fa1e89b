import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { createSqliteHistory, HistoryDamage, moveHistoryAside } from "#evidence";
import { MIGRATIONS } from "../../../src/evidence/history/histories/sqlite/migrations.ts";
import { batch, planCreated } from "../../conformance/run-history.ts";
import { stateDirectory } from "../support/state-directory.ts";
import { NOW } from "./support/disposable-history.ts";

const [TABLES] = MIGRATIONS;
const COLUMN = { version: 2, name: "column", sql: "ALTER TABLE runs ADD COLUMN colour TEXT;" };
const BROKEN = { version: 3, name: "broken", sql: "CREATE TABLE half (a); SELECT * FROM no_such_table;" };

function rows(path: string, sql: string) {
  const database = new DatabaseSync(path);
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

function made(path: string): void {
  const history = createSqliteHistory(path, NOW);
  history.take([batch("r", [planCreated("ship")])]);
  history.close();
}

describe("the migrations of the history", () => {
  it("are noted with their hash and time, and are not applied twice", () => {
    using directory = stateDirectory();
    const path = join(directory.path, "history.db");
    made(path);
    createSqliteHistory(path, { now: () => "2030-01-01T00:00:00.000Z" }).close();
    expect(rows(path, "SELECT version, name, length(sha256) AS digits, applied_at FROM migration_history")).toEqual([
      { version: 1, name: "tables", digits: 64, applied_at: NOW.now() },
    ]);
    expect(rows(path, "SELECT version FROM schema_version")).toEqual([{ version: 1 }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("bring an older file to the newest version, and lose none of its rows", () => {
    using directory = stateDirectory();
    const path = join(directory.path, "history.db");
    made(path);
    const history = createSqliteHistory(path, { ...NOW, migrations: [...MIGRATIONS, COLUMN] });
    expect(history.run("r")?.name).toBe("ship");
    history.close();
    expect(rows(path, "SELECT version FROM schema_version")).toEqual([{ version: 2 }]);
    expect(rows(path, "SELECT colour FROM runs")).toEqual([{ colour: null }]);
  });

  it("leave nothing behind of one that fails in the middle", () => {
    using directory = stateDirectory();
    const path = join(directory.path, "history.db");
    const open = () => createSqliteHistory(path, { ...NOW, migrations: [...MIGRATIONS, COLUMN, BROKEN] });
    expect(open).toThrow(/no_such_table/);
    expect(rows(path, "SELECT version FROM schema_version")).toEqual([{ version: 2 }]);
    expect(rows(path, "SELECT name FROM sqlite_schema WHERE name = 'half'")).toEqual([]);
  });

  it("are refused with what was applied and what is, if one was changed or is not known", () => {
    using directory = stateDirectory();
    const path = join(directory.path, "history.db");
    createSqliteHistory(path, { ...NOW, migrations: [...MIGRATIONS, COLUMN] }).close();
    const before = readFileSync(path);
    const changed = { version: 1, name: "tables", sql: `${TABLES?.sql ?? ""} -- changed` };
    const open = () => createSqliteHistory(path, { ...NOW, migrations: [changed] });
    expect(open).toThrow(
      expect.objectContaining({
        code: "INVALID_CONFIGURATION",
        message: expect.stringMatching(
          /1 \(tables\) was applied as [0-9a-f]{12}… and is [0-9a-f]{12}… now; 2 \(column\) is newer.*doctor --rebuild-index/,
        ),
      }),
    );
    expect(rows(path, "SELECT version FROM schema_version")).toEqual([{ version: 2 }]);
    expect(readFileSync(path).length).toBe(before.length);
  });
});

describe("the file of the history", () => {
  it("is taken for damaged if it is no database, or another program's", () => {
    using directory = stateDirectory();
    const text = join(directory.path, "text.db");
    writeFileSync(text, "no database, but a text that is long enough to be looked at as one".repeat(99));
    expect(() => createSqliteHistory(text, NOW)).toThrow(HistoryDamage);
    const other = join(directory.path, "other.db");
    const database = new DatabaseSync(other);
    database.exec("CREATE TABLE theirs (a)");
    database.close();
    expect(() => createSqliteHistory(other, NOW)).toThrow(/is no history: its application id is 0/);
    expect(rows(other, "SELECT name FROM sqlite_schema")).toEqual([{ name: "theirs" }]);
  });

  it("is taken for damaged if a page of it was overwritten", () => {
    using directory = stateDirectory();
    const path = join(directory.path, "history.db");
    made(path);
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4096 * 2, 4096 * 3);
    writeFileSync(path, bytes);
    expect(() => createSqliteHistory(path, NOW)).toThrow(HistoryDamage);
  });

  it("is taken for new if it is empty", () => {
    using directory = stateDirectory();
    const path = join(directory.path, "history.db");
    writeFileSync(path, "");
    made(path);
    expect(rows(path, "SELECT name FROM runs")).toEqual([{ name: "ship" }]);
  });

  it("is read as a whole however large it is if it was suspected, or not closed, and else is not", () => {
    using directory = stateDirectory();
    const reason = "x".repeat(4000);
    const opened = (end: "close" | "suspect" | "crash") => {
      const path = join(directory.path, `${end}.db`);
      const history = createSqliteHistory(path, NOW);
      const batches = Array.from({ length: 2000 }, (_none, run) => batch(`r${run}`, [planCreated("ship", { reason })]));
      history.take(batches);
      if (end === "suspect") history.suspect();
      history.close();
      const bytes = readFileSync(path);
      if (end === "crash") bytes.writeUInt32BE(0, 60); // the header's user version, which says that it was closed
      bytes.fill(0xff, bytes.length - 4096 * 500, bytes.length - 4096 * 499);
      writeFileSync(path, bytes);
      return () => createSqliteHistory(path, NOW).close();
    };
    expect(opened("close")).not.toThrow();
    expect(opened("suspect")).toThrow(HistoryDamage);
    expect(opened("crash")).toThrow(HistoryDamage);
  });

  it("is moved aside with what lies beside it, over what was moved before", () => {
    using directory = stateDirectory();
    const path = join(directory.path, "history.db");
    for (const round of ["one", "two"]) {
      writeFileSync(path, round);
      writeFileSync(`${path}-wal`, round);
      expect(moveHistoryAside(path)).toBe(`${path}.aside`);
    }
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(readFileSync(`${path}.aside`, "utf8")).toBe("two");
    expect(readFileSync(`${path}.aside-wal`, "utf8")).toBe("two");
  });
});
