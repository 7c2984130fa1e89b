import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { smallDisk } from "./small-disk.ts";
import { lacks } from "../support/needs.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { NotStarted, startServer } from "../support/server-process.ts";
import { execute, step, wireJob } from "../support/wire-job.ts";
import { EffectsFile } from "./effects-file.ts";
import { KilledJobs } from "./killed-jobs.ts";
import { judgeAll, loadUntilRefused, lostEvents } from "./until-refused.ts";

const NOT_SERVING = 2;
const SERVING = 1;
/** No reserve: the failed write is what is tested. */
const configuration = { reserve_bytes: 0 };

describe.skipIf(lacks("root"))("P5 a full disk", () => {
  it.each(["1m", "4m"])("of %s halts the server and neither ends it nor loses what was told", async (size) => {
    await using directory = await scratchDirectory();
    await mkdir(join(directory.path, "disk"));
    using disk = smallDisk(join(directory.path, "disk"), size);
    const state = join(disk.path, "state");
    const jobs = new KilledJobs();
    const effects = new EffectsFile(join(directory.path, "effects"));
    let asked;
    {
      await using server = await startServer({ state, configuration });
      using client = await server.client();
      const health = client.health.watch({});
      expect((await health.next()).value?.status).toBe(SERVING);
      const first = wireJob("first", [step("noop")]);
      await execute(client, first);

      const refused = await loadUntilRefused(client, { jobs, effects, name: "full" });
      asked = refused.asked;
      expect(asked.length).toBeGreaterThan(8);
      expect(new Set(refused.faults.map(({ code }) => code))).toEqual(new Set(["STORE_HALTED"]));
      expect(refused.faults[0]?.message).toMatch(/full.*start again/);

      // It says so, by word and by health; and it lives.
      await expect(execute(client, wireJob("late", [step("noop")]))).rejects.toMatchObject({ code: "STORE_HALTED" });
      expect((await health.next()).value?.status).toBe(NOT_SERVING);
      expect(await client.health.check({})).toMatchObject({ status: NOT_SERVING });
      expect(server.log()).toContain("store.halted");
      // Reads go on, and nothing that was told is missing.
      expect(await execute(client, first)).toMatchObject({ finalStatus: "COMPLETED" });
      expect(await client.evidence.verifyRun({ runId: "first" })).toMatchObject({ ok: true, complete: true });
      expect(await lostEvents(asked, client)).toEqual([]);
      expect((await server.end("SIGTERM")).code).toBe(0);
    }

    // Without room it does not start, and says why in one sentence.
    const cramped = await startServer({ state, configuration, entry: "serve" }).catch((error: unknown) => error);
    expect(cramped).toBeInstanceOf(NotStarted);
    const sentence = /^verbatim: .*(cannot be used|took no more records).*(disk is full|no space left).*start again/im;
    expect(cramped).toMatchObject({ end: { code: 8 }, output: expect.stringMatching(sentence) });

    // With room it closes what was cut off, and goes on.
    disk.resize("64m");
    await using server = await startServer({ state });
    using client = await server.client();
    expect(await client.health.check({})).toMatchObject({ status: SERVING });
    expect(await execute(client, wireJob("late", [step("noop")]))).toMatchObject({ finalStatus: "COMPLETED" });
    expect(await judgeAll(asked, { client, effects, state })).toEqual([]);
  });
});
