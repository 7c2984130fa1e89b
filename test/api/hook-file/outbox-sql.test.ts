import { describe, expect, it } from "vitest";
import { outboxSql } from "../../../src/api/hook-file/outbox-sql.ts";
import { EXAMPLE, hooksOf } from "./support.ts";

describe("the SQL of an outbox", () => {
  it.each([
    ["sqlite", /^PRAGMA busy_timeout = 10000;\s+BEGIN IMMEDIATE;/],
    ["postgres", /^BEGIN;/],
  ] as const)(
    "for %s is one transaction: no change is committed between a trigger and its successor",
    async (dialect, begin) => {
      const sql = outboxSql(await hooksOf(EXAMPLE), dialect);
      expect(sql).toMatch(begin);
      expect(sql.trimEnd()).toMatch(/COMMIT;$/);
      expect(sql.match(/^COMMIT;/gm)).toHaveLength(1);
      expect(sql.indexOf("TRIGGER")).toBeLessThan(sql.indexOf("COMMIT;"));
    },
  );
});
