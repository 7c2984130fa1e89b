import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { outboxSql } from "#api";
import { createSqliteOutbox } from "#effects";
import { machineClock } from "../support/machine-clock.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

test("an outbox whose file is missing says so and makes none, and is read when it is there", async () => {
  await using directory = await scratchDirectory();
  const file = join(directory.path, "odd ?#%41 name.db");
  const outbox = createSqliteOutbox({ file, clock: machineClock });
  for (const ask of [outbox.read(1), outbox.remove(["1"]), outbox.setAside("1", "odd")])
    await expect(ask).rejects.toMatchObject({ code: "NOT_CONFIGURED", message: expect.stringContaining(file) });
  expect(existsSync(file)).toBe(false);
  const database = new DatabaseSync(file);
  database.exec(outboxSql({ hash: "", entities: new Map(), jobs: new Map(), hooks: [] }, "sqlite"));
  database.close();
  expect(await outbox.read(1)).toEqual([]);
  await outbox.close();
});
