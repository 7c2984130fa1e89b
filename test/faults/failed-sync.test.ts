import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT_OF_FAULT } from "../../src/cli/exit-codes.ts";
import { lacks } from "../support/needs.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import { execute, step, wireJob } from "../support/wire-job.ts";
import { EffectsFile } from "./effects-file.ts";
import { KilledJobs } from "./killed-jobs.ts";
import { judgeAll, loadUntilRefused, lostEvents } from "./until-refused.ts";

const NOT_SERVING = 2;
const SERVING = 1;
/** Syncs of the log that still succeed: enough to start. */
const SOME_SYNCS = 20;
/** The same: enough to start, and for some jobs. */
const GOOD_SYNCS = 60;

const TRUE = [step("command.run", { argv: ["true"] })];

/** Syncs of the traced file, and how many of them were made to fail. */
async function syncsIn(trace: string): Promise<{ readonly syncs: number; readonly errors: number }> {
  const calls = (await readFile(trace, "utf8")).split("\n").filter((line) => /\bf(data)?sync\(/.test(line));
  return { syncs: calls.length, errors: calls.filter((line) => line.includes("(INJECTED)")).length };
}

describe.skipIf(lacks("strace"))("P5 a disk that does not sync", () => {
  it("ends serve with the exit code of a halted store when it is stopped, although it stopped as it was told", async () => {
    await using directory = await scratchDirectory();
    const state = join(directory.path, "state");
    const inject = `inject=fsync,fdatasync:error=EIO:when=${SOME_SYNCS}+`;
    const under = ["strace", "-D", "-f", "-o", "/dev/null", "-P", join(state, "evidence.db-wal"), "-e", inject];
    const configuration = { steps: { "command.run": { executables: ["true"] } } };
    await using server = await startServer({ state, configuration, under, entry: "serve" });
    using client = await server.client();
    const health = client.health.watch({});
    expect((await health.next()).value?.status).toBe(SERVING);
    const told = health.next();
    for (let number = 0; ; number += 1) {
      const fault = await execute(client, wireJob(`job-${number}`, TRUE)).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (fault === undefined) continue;
      expect(fault).toMatchObject({ code: "STORE_HALTED" });
      break;
    }
    expect((await told).value?.status).toBe(NOT_SERVING);
    expect(await server.end("SIGTERM")).toEqual({ code: EXIT_OF_FAULT.STORE_HALTED, signal: null });
    expect(server.log()).toMatch(/stopped after its store had halted.*start again/);
  });

  it("halts the server at the first error, which tells nothing of the unsynced and tries no sync again", async () => {
    await using directory = await scratchDirectory();
    const state = join(directory.path, "state");
    const trace = join(directory.path, "trace");
    const jobs = new KilledJobs();
    const effects = new EffectsFile(join(directory.path, "effects"));
    let asked;
    {
      const inject = `inject=fsync,fdatasync:error=EIO:when=${GOOD_SYNCS}+`;
      // The tracer stands aside, so that the process that is started is the server itself.
      const under = ["strace", "-D", "-f", "-o", trace, "-P", join(state, "evidence.db-wal"), "-e", inject];
      await using server = await startServer({ state, under });
      using client = await server.client();
      const refused = await loadUntilRefused(client, { jobs, effects, name: "unsynced" });
      asked = refused.asked;
      expect(new Set(refused.faults.map(({ code }) => code))).toEqual(new Set(["STORE_HALTED"]));
      expect(await client.health.check({})).toMatchObject({ status: NOT_SERVING });
      await expect(execute(client, wireJob("late", [step("noop")]))).rejects.toMatchObject({ code: "STORE_HALTED" });
      expect(await lostEvents(asked, client)).toEqual([]);
      expect(server.log().match(/store\.halted/g)).toHaveLength(1);
      expect((await server.end("SIGTERM")).code).toBe(0);
    }
    const { syncs, errors } = await syncsIn(trace);
    expect(syncs).toBeGreaterThanOrEqual(GOOD_SYNCS);
    expect(errors).toBe(1);

    await using server = await startServer({ state });
    using client = await server.client();
    expect(await client.health.check({})).toMatchObject({ status: SERVING });
    expect(await judgeAll(asked, { client, effects, state })).toEqual([]);
    expect(await execute(client, wireJob("late", [step("noop")]))).toMatchObject({ finalStatus: "COMPLETED" });
  });
});
