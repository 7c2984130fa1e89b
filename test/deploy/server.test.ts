import { spawnSync } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import type { Finding } from "../../src/cli/index.ts";
import { commandBench } from "../e2e/support/command-bench.ts";
import type { CommandBench } from "../e2e/support/command-bench.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { configurationOf } from "./files.ts";

let database: DatabaseServer;
let bench: CommandBench;

/** As deploy/configuration/api.yaml has it, with a state directory and ports of this test. */
const CONFIGURATION = stringify({
  ...configurationOf("api"),
  state: "state",
  listen: "127.0.0.1:0",
  http: { listen: "127.0.0.1:0" },
});

beforeAll(async () => {
  [database, bench] = await Promise.all([startPostgres({ syncs: true }), commandBench(CONFIGURATION)]);
  const clients = ["probe", "operator"].flatMap((name) => ["--client", `spiffe://verbatim/${name}`]);
  expect((await bench.run(["certs", "init", ...clients])).code).toBe(0);
  const keys = join(bench.directory, "keys");
  await rename(join(bench.directory, "certs"), keys);
  await writeFile(join(keys, "evidence-url"), database.url, { mode: 0o600 });
  const made = spawnSync("openssl", ["genpkey", "-algorithm", "ed25519"], { encoding: "utf8" });
  await writeFile(join(keys, "signing.pem"), made.stdout, { mode: 0o600 });
});

afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("a server with the configuration of deploy/ starts on PostgreSQL, and its own probe finds all well", async () => {
  await mkdir(join(bench.directory, "state"), { mode: 0o700 });
  const server = bench.start(["serve", "--json"]);
  await vi.waitUntil(() => server.out().endsWith("\n"), { timeout: 30_000 });
  expect(server.out()).toMatch(/"address"/);
  const { address } = JSON.parse(server.out()) as { readonly address: string };
  const looked = await bench.run(["doctor", "--server", address.replace("127.0.0.1", "localhost"), "--json"]);
  const { findings } = JSON.parse(looked.out) as { readonly findings: readonly Finding[] };
  expect(findings.filter(({ status }) => status !== "ok")).toEqual([]);
  expect(looked.code).toBe(0);
  const details = new Map(findings.map(({ name, detail }) => [name, detail]));
  expect(details.get("store")).toBe("postgres, takes records");
  expect(details.get("caller")).toMatch(/^probe, reader: may call \d+ methods$/);
  server.child.kill("SIGTERM");
  expect((await server.ended).code).toBe(0);
});
