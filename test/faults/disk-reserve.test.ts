import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lacks } from "../support/needs.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import { execute, step, wireJob } from "../support/wire-job.ts";
import { EffectsFile } from "./effects-file.ts";
import { KilledJobs } from "./killed-jobs.ts";
import { smallDisk } from "./small-disk.ts";
import { judgeAll, loadUntilRefused } from "./until-refused.ts";

const NOT_SERVING = 2;
const SERVING = 1;
const MEBIBYTE = 1024 * 1024;
const configuration = { reserve_bytes: 2 * MEBIBYTE };
const STORES = ["sqlite", "jsonl"] as const;
const REFUSED = { code: "LIMIT_EXCEEDED", message: expect.stringMatching(/disk is full.*Make room/) };
const LONG = [step("sleep", { ms: 600_000 }), step("noop")];

describe.skipIf(lacks("root"))("P5 a disk that fills up", () => {
  it.each(STORES)(
    "stops and refuses jobs, tells all of it, and goes on when there is room again (%s)",
    async (store) => {
      await using directory = await scratchDirectory();
      await mkdir(join(directory.path, "disk"));
      using disk = smallDisk(join(directory.path, "disk"), "32m");
      const state = join(disk.path, "state");
      await using server = await startServer({ state, configuration: { ...configuration, store } });
      using client = await server.client();
      const health = client.health.watch({});
      expect((await health.next()).value?.status).toBe(SERVING);
      await execute(client, wireJob("first", [step("noop")]));
      const accepted = client.executor.executeJobStream({ job: wireJob("running", LONG) })[Symbol.asyncIterator]();
      await accepted.next();
      const running = execute(client, wireJob("running", LONG));
      expect(existsSync(join(state, "reserve"))).toBe(true);

      disk.fillUpTo(MEBIBYTE / 2);
      expect((await health.next()).value?.status).toBe(NOT_SERVING);
      expect(await running).toMatchObject({
        finalStatus: "CANCELLED",
        finalReason: expect.stringContaining("cancelled by server: the disk is full"),
      });
      expect(await client.evidence.verifyRun({ runId: "running" })).toMatchObject({ ok: true, complete: true });
      await expect(execute(client, wireJob("late", [step("noop")]))).rejects.toMatchObject(REFUSED);
      expect(await execute(client, wireJob("first", [step("noop")]))).toMatchObject({ finalStatus: "COMPLETED" });
      expect(existsSync(join(state, "reserve"))).toBe(false);

      disk.clear();
      expect((await health.next()).value?.status).toBe(SERVING);
      expect(await execute(client, wireJob("late", [step("noop")]))).toMatchObject({ finalStatus: "COMPLETED" });
      expect(existsSync(join(state, "reserve"))).toBe(true);
      expect(server.log().match(/"disk\.(full|room)"|"store\.halted"/g)).toEqual(['"disk.full"', '"disk.room"']);
      expect((await server.end("SIGTERM")).code).toBe(0);
    },
  );

  it.each(STORES)("with its own evidence stops every job with a last record, and halts nothing (%s)", async (store) => {
    await using directory = await scratchDirectory();
    await mkdir(join(directory.path, "disk"));
    using disk = smallDisk(join(directory.path, "disk"), "20m");
    const state = join(disk.path, "state");
    const jobs = new KilledJobs();
    const effects = new EffectsFile(join(directory.path, "effects"));
    await using server = await startServer({ state, configuration: { ...configuration, store } });
    using client = await server.client();
    const { asked, faults } = await loadUntilRefused(client, { jobs, effects, name: "filling" });
    expect(asked.length).toBeGreaterThan(8);
    expect(faults.map(({ code }) => code)).toEqual(faults.map(() => "LIMIT_EXCEEDED"));
    expect(await client.health.check({})).toMatchObject({ status: NOT_SERVING });
    expect(server.log()).not.toContain("store.halted");
    disk.resize("64m");
    expect(await judgeAll(asked, { client, effects, state })).toEqual([]);
    expect((await server.end("SIGTERM")).code).toBe(0);
  });

  it.each(STORES)(
    "while no server runs lets the next start close what was cut off, out of the reserve (%s)",
    async (store) => {
      await using directory = await scratchDirectory();
      await mkdir(join(directory.path, "disk"));
      using disk = smallDisk(join(directory.path, "disk"), "32m");
      const state = join(disk.path, "state");
      {
        await using killed = await startServer({ state, configuration: { ...configuration, store } });
        using client = await killed.client();
        const told = client.executor.executeJobStream({ job: wireJob("cut-off", LONG) })[Symbol.asyncIterator]();
        await told.next();
        await killed.end("SIGKILL");
        await expect(told.next()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
      }
      disk.fillUpTo(0);
      await using server = await startServer({ state, configuration: { ...configuration, store } });
      using client = await server.client();
      const health = client.health.watch({});
      expect((await health.next()).value?.status).toBe(NOT_SERVING);
      expect(await client.evidence.verifyRun({ runId: "cut-off" })).toMatchObject({ ok: true, complete: true });
      await expect(execute(client, wireJob("late", [step("noop")]))).rejects.toMatchObject(REFUSED);
      disk.clear();
      expect((await health.next()).value?.status).toBe(SERVING);
      expect(await execute(client, wireJob("late", [step("noop")]))).toMatchObject({ finalStatus: "COMPLETED" });
    },
  );
});
