import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { createPostgresStore } from "#evidence";
import type { DatabaseServer } from "../support/database-process.ts";
import { SchemaOwner } from "../support/evidence-schema.ts";
import { machineClock } from "../support/machine-clock.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { evidenceStoreConformance } from "./evidence-store.ts";

const SCHEMA = "conformance";
let server: DatabaseServer;
let owner: SchemaOwner;

beforeAll(async () => {
  server = await startPostgres({ syncs: true });
  owner = new SchemaOwner(server.url, SCHEMA);
}, 60_000);

afterAll(async () => {
  await owner[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

evidenceStoreConformance({
  name: "postgres",
  open: (directory, options) =>
    createPostgresStore(
      directory,
      { url: server.url, schema: SCHEMA, clock: machineClock, newToken: randomUUID },
      options,
    ),
  outlivesProcess: true,
  payloads: {
    count: async () =>
      (await owner.ask<{ count: number }>("SELECT count(*)::int AS count FROM $.blobs"))[0]?.count ?? 0,
    change: async (_directory, text) =>
      await owner.undenied(["blobs"], `UPDATE $.blobs SET bytes = convert_to('${text}', 'UTF8')`),
    remove: async () => await owner.undenied(["blobs"], "DELETE FROM $.blobs"),
  },
  empty: async () => await owner.empty(),
});
