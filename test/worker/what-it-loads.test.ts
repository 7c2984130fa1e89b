import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assertLoaded } from "../../tools/layer-lint/src/testing/index.ts";
import { SharedStores } from "../evidence/support/shared-stores.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { ended, handOver, jobWith } from "./support/handed-jobs.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The test's own time is over before this. */
const LIMIT_MS = 90_000;

/** What a worker's process may not have: policy, plans, the server, and whatever opens a signing key. */
const FORBIDDEN = /^src\/(?:governance|orchestration|api)\/|^src\/main\/(?:compose|identities|signer|run-signer)\.ts$/;
/** What a file is no part of that only performs. */
const SERVER_PACKAGES = /^node_modules\/(?:@grpc|@connectrpc|@bufbuild|jose)\//;

test(
  "LAYER-21: the command, while it performs a job, loads no policy, no plan, no server and nothing that opens a key",
  async () => {
    await using database = await startPostgres({ syncs: true });
    await using directory = await scratchDirectory();
    await using stores = new SharedStores(database.url);
    const store = stores.open();
    const state = join(directory.path, "state");
    const config = join(directory.path, "verbatim.yaml");
    await writeFile(join(directory.path, "url"), database.url, { mode: 0o600 });
    const postgres = { url: { file: "url" }, schema: stores.schema, lease_seconds: 2 };
    const steps = { "command.run": { executables: ["sh"] }, "check.file_exists": { directories: ["."] } };
    await writeFile(
      config,
      JSON.stringify({ state, store: "postgres", postgres, workers: {}, steps, log_level: "fatal" }),
    );
    const argv = ["sh", "-c", 'echo "epoch $VERBATIM_EPOCH of $VERBATIM_IDEMPOTENCY_KEY"'];
    await handOver(store, jobWith("a", [["command.run", { argv }]]));
    const args = ["worker", "--config", config, "--capabilities", "command.run", "--name", "one"];
    const loading = assertLoaded({ root: ROOT, entry: "src/main/bin.ts", args, limitMs: LIMIT_MS });
    const records = await ended(store, "a");
    process.kill(Number(readFileSync(ownerFile(state), "utf8")), "SIGTERM");
    const { loaded } = await loading;
    const files = loaded.map(({ file }) => file);
    expect(files).toContain("src/main/worker/worker-process.ts");
    expect(files).toContain("src/executor/execute-job.ts"); // it has performed something
    expect(files.filter((file) => FORBIDDEN.test(file) || SERVER_PACKAGES.test(file))).toEqual([]);
    expect(existsSync(join(state, "keys"))).toBe(false);
    const step = records.find(({ event_type: type }) => type === "step.succeeded");
    expect(step?.output).toMatchObject({ stdout: { text: "epoch 2 of a/0\n" } });
  },
  LIMIT_MS,
);

test(
  "LAYER-21: the look at what is loaded can see all of what is forbidden",
  async () => {
    const { loaded } = await assertLoaded({ root: ROOT, entry: "src/main/serve.ts" });
    const files = loaded.map(({ file }) => file);
    for (const part of [
      "src/governance/",
      "src/orchestration/",
      "src/api/",
      "src/main/compose.ts",
      "src/main/signer.ts",
    ])
      expect(files.some((file) => file.startsWith(part) && FORBIDDEN.test(file))).toBe(true);
    expect(files.some((file) => SERVER_PACKAGES.test(file))).toBe(true);
  },
  LIMIT_MS,
);

/** Where the process that has a state directory says who it is. */
function ownerFile(state: string): string {
  return join(state, "owner.pid");
}
