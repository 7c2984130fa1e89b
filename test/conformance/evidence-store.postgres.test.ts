import { afterAll, beforeAll } from "vitest";
import { createPostgresStore } from "#evidence";
import type { DatabaseServer } from "../support/database-process.ts";
import { asOwner, schemaOf, undenied } from "../support/evidence-schema.ts";
import { machineClock } from "../support/machine-clock.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { evidenceStoreConformance } from "./evidence-store.ts";

let server: DatabaseServer;

beforeAll(async () => {
  server = await startPostgres({ syncs: true });
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

evidenceStoreConformance({
  name: "postgres",
  open: (directory, options) =>
    createPostgresStore(directory, { url: server.url, schema: schemaOf(directory), clock: machineClock }, options),
  outlivesProcess: true,
  payloads: {
    count: async (directory) => {
      const [row] = await asOwner<{ count: number }>(
        server.url,
        `SELECT count(*)::int AS count FROM ${schemaOf(directory)}.blobs`,
      );
      return row?.count ?? 0;
    },
    change: async (directory, text) => {
      const table = `${schemaOf(directory)}.blobs`;
      await undenied(server.url, [table], `UPDATE ${table} SET bytes = convert_to('${text}', 'UTF8')`);
    },
    remove: async (directory) => {
      const table = `${schemaOf(directory)}.blobs`;
      await undenied(server.url, [table], `DELETE FROM ${table}`);
    },
  },
});
