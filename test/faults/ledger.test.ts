import { cp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { VerbatimClient } from "#api";
import { verifyLedger } from "#evidence";
import { Fault } from "#model";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { NotStarted, startServer } from "../support/server-process.ts";
import { execute, step, wireJob } from "../support/wire-job.ts";

const NOT_SERVING = 2;

async function look(state: string) {
  return await verifyLedger(join(state, "ledger"), { runs: join(state, "runs") });
}

/** Runs so many jobs on a server of its own, and ends it. */
async function runJobs(state: string, names: readonly string[], signal: NodeJS.Signals): Promise<void> {
  await using server = await startServer({ state });
  using client = await server.client();
  for (const name of names) await execute(client, wireJob(name, [step("noop")]));
  await server.end(signal);
}

describe.each(["sqlite", "jsonl"])("the ledger beside a store of kind %s", (store) => {
  it("lists every run with its seal when the server has ended", async () => {
    await using directory = await scratchDirectory();
    await using server = await startServer({ state: directory.path, configuration: { store } });
    using client = await server.client();
    for (const name of ["a", "b", "c"]) await execute(client, wireJob(name, [step("noop")]));
    await server.end("SIGTERM");
    const report = await look(directory.path);
    expect(report).toMatchObject({ problems: [], doubts: [], size: 6, runs: { created: 3, sealed: 3 } });
  });
});

describe("the ledger of runs", () => {
  it("is made up for at the next start when the process was killed, or when it is younger than the runs", async () => {
    await using directory = await scratchDirectory();
    const state = directory.path;
    await runJobs(state, ["a", "b"], "SIGKILL");
    await runJobs(state, ["c"], "SIGTERM");
    expect(await look(state)).toMatchObject({ problems: [], doubts: [], runs: { created: 3, sealed: 3 } });
    await rm(join(state, "ledger"), { recursive: true });
    await runJobs(state, [], "SIGTERM");
    expect(await look(state)).toMatchObject({ problems: [], doubts: [], runs: { created: 3, sealed: 3 } });
  });

  it("stops a start that finds a run in it which the store does not have, and says what to do", async () => {
    await using directory = await scratchDirectory();
    const state = join(directory.path, "state");
    const older = join(directory.path, "older");
    await runJobs(state, ["a"], "SIGTERM");
    await cp(state, older, { recursive: true });
    await runJobs(state, ["b"], "SIGTERM");
    await rm(join(older, "ledger"), { recursive: true });
    await cp(join(state, "ledger"), join(older, "ledger"), { recursive: true });
    const started = startServer({ state: older }).then((server) => server[Symbol.asyncDispose]());
    await expect(started).rejects.toThrow(NotStarted);
    await expect(started).rejects.toThrow(/knows the run b, and the evidence store does not have it/);
  });

  it("P5: refuses new runs after a failed write and says so, while those that run go on to their ends", async () => {
    await using directory = await scratchDirectory();
    const state = directory.path;
    const tile = join(state, "ledger", "tile");
    const release = join(state, "release");
    {
      await using server = await startServer({ state });
      using client = await server.client();
      const health = client.health.watch({});
      await health.next();
      const running = execute(client, wireJob("long", [step("await_file", { file: release }), step("noop")]));
      await execute(client, wireJob("short", [step("noop")]));
      // Until the ledger has nothing left to write: a write between the two next lines would make the directory anew.
      await expect
        .poll(async () => (await look(state)).runs, { timeout: 20_000 })
        .toMatchObject({ created: 2, sealed: 1 });
      await rename(tile, `${tile}.away`);
      await writeFile(tile, "no directory");
      const refused = await firstRefused(client);
      expect(refused).toMatchObject({ code: "STORE_HALTED" });
      expect(refused.message).toMatch(/ledger of runs could not be written \(ENOTDIR\)/);
      expect((await health.next()).value?.status).toBe(NOT_SERVING);
      await writeFile(release, "");
      expect(await running).toMatchObject({ finalStatus: "COMPLETED" });
      expect(server.log().match(/ledger\.halted/g)).toHaveLength(1);
      await server.end("SIGTERM");
    }
    await rm(tile);
    await rename(`${tile}.away`, tile);
    await runJobs(state, ["last"], "SIGTERM");
    const report = await look(state);
    expect(report).toMatchObject({ problems: [], doubts: [] });
    expect(report.runs.created).toBeGreaterThanOrEqual(3);
    expect(report.runs.sealed).toBe(report.runs.created);
  });
});

/** Asks for jobs until one is refused; those before have all succeeded. */
async function firstRefused(client: VerbatimClient): Promise<Fault> {
  for (let number = 0; ; number += 1) {
    try {
      expect(await execute(client, wireJob(`asked-${number}`, [step("noop")]))).toMatchObject({
        finalStatus: "COMPLETED",
      });
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  }
}
