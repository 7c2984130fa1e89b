import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { AT, platformBench } from "./support/platform-bench.ts";

const ALL = { afterSeq: 0, limit: 1000 };

describe("the platform", () => {
  it("has the capabilities that the configuration declares, disabled until somebody enables them", () => {
    using bench = platformBench();
    expect(bench.platform.capabilities()).toEqual([
      { name: "search", state: "disabled", frozen: false, parameters: {} },
      { name: "export", state: "disabled", frozen: false, parameters: {} },
      { name: "billing", state: "disabled", frozen: true, parameters: {} },
    ]);
    expect([bench.platform.configuration(), bench.platform.changes(ALL), bench.platform.head]).toEqual([[], [], 0]);
    bench.platform.set("capability/search", "enabled", "person:ada");
    bench.platform.set("capability/search/parameters/depth", { most: 3 }, "person:ada");
    expect(bench.platform.capabilities()[0]).toEqual({
      name: "search",
      state: "enabled",
      frozen: false,
      parameters: { depth: { most: 3 } },
    });
  });

  it("tells of each value how often it was changed, when, and by whom", () => {
    using bench = platformBench();
    expect(bench.platform.set("configuration/limit", 1, "person:ada")).toEqual({
      key: "configuration/limit",
      before: null,
      after: 1,
      version: 1,
    });
    bench.platform.set("configuration/limit", null, "person:bea");
    bench.platform.set("configuration/limit", [2], "person:bea");
    expect(bench.platform.configuration()).toEqual([
      { key: "limit", value: [2], version: 3, changedAt: AT, changedBy: "person:bea" },
    ]);
    expect(bench.platform.value("configuration/limit")).toEqual([2]);
    expect(bench.platform.value("configuration/other")).toBeUndefined();
    const entry = { key: "configuration/limit", at: AT };
    expect(bench.platform.changes(ALL)).toEqual([
      { ...entry, seq: 1, change: "insert", before: null, after: 1, by: "person:ada" },
      { ...entry, seq: 2, change: "update", before: 1, after: null, by: "person:bea" },
      { ...entry, seq: 3, change: "update", before: null, after: [2], by: "person:bea" },
    ]);
    expect(bench.platform.changes({ afterSeq: 1, limit: 1 }).map(({ seq }) => seq)).toEqual([2]);
    expect(bench.platform.head).toBe(3);
  });

  it("is the same after it was opened again, in a file that nobody else may read", () => {
    using bench = platformBench();
    bench.platform.set("configuration/limit", 1, "person:ada");
    const before = [bench.platform.configuration(), bench.platform.changes(ALL), bench.platform.head];
    bench.reopen();
    expect([bench.platform.configuration(), bench.platform.changes(ALL), bench.platform.head]).toEqual(before);
    expect(statSync(bench.path).mode & 0o777).toBe(0o600);
  });

  it("writes nothing where what stands there is the same already, however it is written", () => {
    using bench = platformBench();
    bench.hidden(`INSERT INTO resource (key, value) VALUES ('configuration/limit', '{"b": 2, "a": 1}')`);
    expect(bench.platform.set("configuration/limit", { a: 1, b: 2 }, "person:ada").version).toBe(1);
    expect(bench.platform.head).toBe(1);
  });

  it("refuses a key, a value and a name that are not what they must be, all at once", () => {
    using bench = platformBench();
    const refused = (key: string, value: string, by: string) => () => bench.platform.set(key, value, by);
    expect(refused("configuration/Limit", "x".repeat(8191), "")).toThrow(
      expect.objectContaining({
        code: "INVALID_REQUEST",
        violations: ["key", "value", "by"].map((field) => ({ field, description: expect.anything() as unknown })),
      }),
    );
    expect(refused("capability/other", "enabled", "person:ada")).toThrow(/no capability "other"; declare it/);
    expect(refused("capability/billing", "enabled", "person:ada")).toThrow(/frozen/);
    expect(refused("capability/search", "on", "person:ada")).toThrow(/"enabled" or "disabled"/);
    expect(bench.platform.head).toBe(0);
    expect(bench.platform.set("configuration/limit", "x".repeat(8190), "y".repeat(256)).version).toBe(1);
  });

  it("keeps as many keys as it can tell and no more, and those that were removed leave their place", () => {
    using bench = platformBench();
    for (let key = 0; key < 100; key += 1)
      bench.platform.set(`capability/search/parameters/p${key}`, key, "person:ada");
    const one = () => bench.platform.set("capability/search/parameters/one-more", 1, "person:ada");
    expect(one).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    bench.hidden("DELETE FROM resource WHERE key = 'capability/search/parameters/p7'");
    expect(one().version).toBe(1);
  });
});

describe("the platform's journal", () => {
  it("has hidden writes of every kind, and names nobody for them who has not named himself", () => {
    using bench = platformBench();
    bench.platform.set("configuration/limit", 1, "person:ada");
    bench.hidden("UPDATE resource SET value = '2' WHERE key = 'configuration/limit'");
    bench.hidden("UPDATE resource SET value = '3', version = version + 1 WHERE key = 'configuration/limit'");
    bench.hidden("UPDATE resource SET value = '4', changed_by = 'person:eve' WHERE key = 'configuration/limit'");
    bench.hidden("INSERT OR REPLACE INTO resource (key, value) VALUES ('configuration/limit', '5')");
    bench.hidden("DELETE FROM resource WHERE key = 'configuration/limit'");
    bench.hidden("INSERT INTO resource (key, value, version) VALUES ('capability/search', '\"enabled\"', 77)");
    const told = bench.platform
      .changes(ALL)
      .map(({ seq, change, before, after, by }) => [seq, change, before, after, by]);
    expect(told).toEqual([
      [1, "insert", null, 1, "person:ada"],
      [2, "update", 1, 2, null],
      [3, "update", 2, 3, null],
      [4, "update", 3, 4, "person:eve"],
      [5, "update", 4, 5, null],
      [6, "delete", 5, null, null],
      [7, "insert", null, "enabled", null],
    ]);
    expect(bench.platform.changes(ALL)[1]?.at).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(bench.platform.capabilities()[0]?.state).toBe("enabled");
    expect(bench.platform.set("configuration/limit", 6, "person:ada").version).toBe(7);
  });

  it("is no more than what happened, whoever writes: what was written stays, and nothing can be invented", () => {
    using bench = platformBench();
    bench.platform.set("configuration/limit", 1, "person:ada");
    bench.platform.perform({ idempotencyKey: "job-1/0", key: "configuration/limit", value: 2 });
    for (const sql of [
      "UPDATE change SET by = 'person:eve'",
      "DELETE FROM change",
      "INSERT OR REPLACE INTO change (seq, key, after, version, at) VALUES (1, 'configuration/limit', '2', 1, 'x')",
      "INSERT INTO change (key, before, after, version, at) VALUES ('configuration/limit', '2', '9', 3, 'x')",
      "INSERT INTO change (seq, key, after, version, at) VALUES (9, 'configuration/limit', '2', 3, 'x')",
      "INSERT INTO change (seq, key, after, version, at) VALUES (-1, 'configuration/limit', '2', 3, 'x')",
      "UPDATE resource SET key = 'configuration/other'",
      "UPDATE performed SET version = 9",
      "DELETE FROM performed",
      "INSERT OR REPLACE INTO performed VALUES ('job-1/0', 'configuration/limit', NULL, '2', 1, 1)",
    ])
      expect(() => bench.hidden(sql), sql).toThrow(/is denied/);
    expect(() => bench.hidden("UPDATE resource SET value = 'no JSON'")).toThrow(/CHECK/);
    expect(bench.platform.changes(ALL).map(({ by }) => by)).toEqual(["person:ada", "job-1/0"]);
  });

  it("is written ahead of the table, so that readers never wait for a writer", () => {
    using bench = platformBench();
    const database = new DatabaseSync(bench.path, { readOnly: true });
    expect(Object.values(database.prepare("PRAGMA journal_mode").get() ?? {})).toEqual(["wal"]);
    database.close();
  });

  it("refuses a file that a newer version has written, and leaves it as it is", () => {
    using bench = platformBench();
    bench.hidden("PRAGMA user_version = 2");
    expect(() => bench.reopen()).toThrow(/has form 2; this version knows up to 1/);
  });
});
