import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cronTimes } from "../../src/main/cron.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startApp, untilRest } from "./support/notified-runs.ts";

const MEMORY = { store: "memory", reserve_bytes: 0 };
const SOUND = JSON.stringify({ name: "x", jobs: { one: { steps: [{ step_type: "test.ok" }] } } });

function at(seconds: number) {
  return { seconds: BigInt(seconds), nanos: 0 };
}

/** When a pattern fires after a time, as often as is asked for. */
function times(
  cron: string,
  { zone, after, count }: { zone: string; after: string; count: number },
): readonly string[] {
  const found = cronTimes(cron, zone);
  if ("problem" in found) throw new Error(found.problem);
  const list: string[] = [];
  for (let ms = Date.parse(after); list.length < count;) {
    ms = found.next(ms) ?? Number.NaN;
    list.push(new Date(ms).toISOString());
  }
  return list;
}

describe("the schedules of a configuration", () => {
  test("are refused at the start with all that is wrong with them, each with its line", async () => {
    await using directory = await scratchDirectory();
    const schedules = [
      { name: "a", plan: "p.yaml", cron: "61 3 * * *" },
      { name: "a", plan: "p.yaml", cron: "0 3 * *", time_zone: "Mars/Olympus" },
      { name: "b", plan: "p.yaml", cron: "0 0 30 2 *" },
    ];
    const error = await startApp(directory.path, { ...MEMORY, schedules }).then(
      async (app) => await app.stop(),
      (refused: unknown) => refused,
    );
    expect(error).toMatchObject({ code: "INVALID_CONFIGURATION" });
    const { violations } = error as { violations: readonly { field: string; description: string }[] }; // as held above
    const text = violations.map(({ field, description }) => `${field} ${description}`).join("\n");
    expect(text).toMatch(/verbatim\.yaml:1 schedules\[0\]\.cron: .*minute/);
    expect(text).toMatch(/4 fields/);
    expect(text).toMatch(/Mars\/Olympus/);
    expect(text).toMatch(/no time that ever comes/);
    expect(text).toMatch(/names are unique/);
  });

  test("stop the start when a plan cannot be read or is not valid, and are told by file and line", async () => {
    await using directory = await scratchDirectory();
    writeFileSync(join(directory.path, "form.yaml"), "name: x\njobs:\n  one:\n    comand: ls\n");
    writeFileSync(
      join(directory.path, "type.yaml"),
      "name: x\njobs:\n  one:\n    steps:\n      - step_type: test.other\n",
    );
    const cron = "0 3 * * *";
    const schedules = [
      { name: "a", plan: "missing.yaml", cron },
      { name: "b", plan: "form.yaml", cron },
      { name: "c", plan: "type.yaml", cron },
      { name: "d", plan: "missing.yaml", cron, enabled: false },
    ];
    await expect(startApp(directory.path, { ...MEMORY, schedules })).rejects.toMatchObject({
      code: "INVALID_CONFIGURATION",
      violations: [
        { field: "schedules.a.plan", description: expect.stringContaining("cannot be read") as string },
        { field: join(directory.path, "form.yaml:3"), description: expect.stringContaining("nothing to do") as string },
        { field: join(directory.path, "form.yaml:4"), description: expect.stringContaining("comand") as string },
        { field: join(directory.path, "type.yaml:5"), description: expect.stringContaining("test.other") as string },
      ],
    });
  });

  test("are listed with the time at which they fire next", async () => {
    await using directory = await scratchDirectory();
    writeFileSync(join(directory.path, "p.yaml"), SOUND);
    const schedules = [{ name: "nightly", plan: "p.yaml", cron: "0 3 * * *", time_zone: "Europe/Berlin" }];
    await using app = await startApp(directory.path, { ...MEMORY, schedules });
    const [listed, ...more] = (await app.client.runs.listSchedules({})).schedules;
    expect(more).toEqual([]);
    expect(listed).toMatchObject({ name: "nightly", timeZone: "Europe/Berlin", overlap: "skip", enabled: true });
    const next = new Date(Number(listed?.nextAt?.seconds ?? 0n) * 1000);
    expect(next.toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin" })).toBe("03:00:00");
  });

  test("fire by the clock of their zone, also on the days on which clocks are set", () => {
    const zone = "Europe/Berlin";
    const spring = times("30 2 * * *", { zone, after: "2027-03-27T12:00:00Z", count: 2 });
    expect(spring).toEqual(["2027-03-28T01:00:00.000Z", "2027-03-29T00:30:00.000Z"]);
    const autumn = times("30 2 * * *", { zone, after: "2027-10-30T12:00:00Z", count: 2 });
    expect(autumn).toEqual(["2027-10-31T00:30:00.000Z", "2027-11-01T01:30:00.000Z"]);
  });
});

describe("a run that is to start later", () => {
  test("is accepted at once, blocked until its time, and started then, also by a server that came later", async () => {
    await using directory = await scratchDirectory();
    const configuration = { store: "jsonl", reserve_bytes: 0 };
    const seconds = BigInt(Math.floor(Date.now() / 1000) + 3);
    const request = { plan: { text: SOUND }, runId: "later", actor: "ada", startAfter: { seconds, nanos: 0 } };
    const first = await startApp(directory.path, configuration);
    await first.client.runs.createRun(request);
    expect((await first.client.runs.getRun({ runId: "later" })).run).toMatchObject({
      status: 4,
      reason: `starts at ${new Date(Number(seconds) * 1000).toISOString()}`,
    });
    await first.stop();
    await using app = await startApp(directory.path, configuration);
    const events: { type: string; seconds: bigint }[] = [];
    for await (const { events: some } of app.client.runs.watchRun({ runId: "later" }))
      for (const { eventType, timestamp } of some) events.push({ type: eventType, seconds: timestamp?.seconds ?? 0n });
    const started = events.find(({ type }) => type === "job.started");
    expect(started !== undefined && started.seconds >= seconds).toBe(true);
    expect(events.at(-1)?.type).toBe("run.completed");
    const { ok } = await app.client.evidence.verifyRun({ runId: "later" });
    expect(ok).toBe(true);
  });

  test("is refused if its time is more than 366 days away, and begins at once if it is over", async () => {
    await using directory = await scratchDirectory();
    await using app = await startApp(directory.path, MEMORY);
    const now = Math.floor(Date.now() / 1000);
    for (const seconds of [now + 367 * 86_400, 1e14, -1]) {
      const refused = app.client.runs.createRun({ plan: { text: SOUND }, actor: "ada", startAfter: at(seconds) });
      await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    }
    await app.client.runs.createRun({ plan: { text: SOUND }, runId: "past", actor: "ada", startAfter: at(now - 5) });
    await untilRest(app.client, "past");
    expect((await app.client.runs.getRun({ runId: "past" })).run?.status).toBe(6);
  });

  test("can be cancelled before its time, and does not begin then", async () => {
    await using directory = await scratchDirectory();
    await using app = await startApp(directory.path, MEMORY);
    const startAfter = { seconds: BigInt(Math.floor(Date.now() / 1000) + 3600), nanos: 0 };
    await app.client.runs.createRun({ plan: { text: SOUND }, runId: "never", actor: "ada", startAfter });
    const { run } = await app.client.runs.cancelRun({ runId: "never", actor: "ada", reason: "not needed" });
    expect(run?.status).toBe(8);
    expect(run?.jobs.map(({ attempt }) => attempt)).toEqual([undefined]);
  });
});
