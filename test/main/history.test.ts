import { copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectClient } from "#api";
import type { VerbatimClient } from "#api";
import { compose } from "../../src/main/compose.ts";
import { historyFinding, rebuildIndex } from "../../src/main/history-index.ts";
import { loadConfiguration } from "../../src/main/load-configuration.ts";
import type { LoadedConfiguration } from "../../src/main/load-configuration.ts";
import type { EventLog } from "../../src/main/log-events.ts";
import { stepType } from "../api/support/house.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

let directory: Awaited<ReturnType<typeof scratchDirectory>>;
let configuration: LoadedConfiguration;
let events: { readonly event: string; readonly facts: Readonly<Record<string, unknown>> }[];
const log: EventLog = (event, facts) => void events.push({ event, facts });

beforeEach(async () => {
  directory = await scratchDirectory();
  events = [];
  configuration = await loadConfiguration({
    flags: { state: join(directory.path, "state") },
    environment: {},
    workingDirectory: directory.path,
  });
});
afterEach(() => directory[Symbol.asyncDispose]());

const file = () => join(configuration.state, "history.db");
const told = (event: string) => events.filter((one) => one.event.startsWith(event)).map(({ facts }) => facts);

/** What a client finds while a server runs that is stopped after it. */
async function served<T>(act: (client: VerbatimClient) => Promise<T>): Promise<T> {
  const steps = [stepType("test.echo", ({ parameters }) => ({ success: true, output: parameters }))];
  await using app = await compose(configuration, { log, stepTypes: steps });
  const client = connectClient({ address: app.address });
  try {
    return await act(client);
  } finally {
    client.close();
  }
}

/** Runs a plan to its end. */
async function run(client: VerbatimClient, runId: string): Promise<void> {
  const parameters = { exit_code: 0, resources: { peak_rss_bytes: 4096, cpu_seconds: 0.25 } };
  const text = JSON.stringify({
    name: "ship",
    jobs: { build: { steps: [{ step_type: "test.echo", target: "it", parameters }] } },
  });
  await client.runs.createRun({ plan: { text }, runId, actor: "ann", reason: "a release" });
  for await (const batch of client.runs.watchRun({ runId })) expect(batch.events.length).toBeGreaterThan(0);
}

const ids = async (client: VerbatimClient) => (await client.runs.listRuns({})).runs.map(({ runId }) => runId);

describe("the history of a state directory", () => {
  it("tells of a run at once when it is asked, and again in the next process", async () => {
    await served(async (client) => {
      await run(client, "r");
      expect(await ids(client)).toEqual(["r"]);
    });
    const answer = await served((client) => client.runs.getHistory({ runId: "r" }));
    expect(answer).toMatchObject({
      run: { runId: "r", name: "ship", submittedBy: "ann" },
      why: "a release",
      direct: false,
      attempts: [{ jobKey: "build", attempt: 0, exitCode: 0n, peakRssBytes: 4096n, cpuSeconds: 0.25 }],
      nextPageToken: "",
    });
    expect(told("history.")).toEqual([]);
    expect(await historyFinding(configuration)).toEqual({
      name: "history",
      status: "ok",
      detail: "in step with the logs of 1 runs",
    });
  });

  it("catches up with what a crash between a commit and the history has cost", async () => {
    await served((client) => run(client, "before"));
    copyFileSync(file(), `${file()}.kept`);
    await served((client) => run(client, "lost"));
    copyFileSync(`${file()}.kept`, file());
    expect((await historyFinding(configuration)).detail).toMatch(/^1 of 2 runs are not as .*\(the newest is lost\)/);
    expect(await served(ids)).toEqual(["lost", "before"]);
    expect(told("history.")).toEqual([{ runs: 1 }]);
  });

  it("is moved aside if it is damaged, said aloud, and made anew from the logs", async () => {
    await served((client) => run(client, "r"));
    writeFileSync(file(), "no database any more, and long enough to be looked at as one".repeat(99));
    expect(await historyFinding(configuration)).toMatchObject({
      status: "warning",
      detail: expect.stringContaining("the next start moves it aside and makes it anew"),
    });
    expect(await served(ids)).toEqual(["r"]);
    expect(told("history.rebuilt")).toMatchObject([{ moved_to: `${file()}.aside` }]);
    expect(existsSync(`${file()}.aside`)).toBe(true);
  });

  it("is moved aside if it is that of another store", async () => {
    await served((client) => run(client, "theirs"));
    copyFileSync(file(), join(directory.path, "foreign.db"));
    rmSync(configuration.state, { recursive: true });
    await served((client) => run(client, "ours"));
    copyFileSync(join(directory.path, "foreign.db"), file());
    expect(await historyFinding(configuration)).toMatchObject({
      status: "warning",
      detail: expect.stringMatching(/of another store: its newest run, theirs, /),
    });
    expect(await served(ids)).toEqual(["ours"]);
    expect(told("history.rebuilt")).toMatchObject([{ why: expect.stringContaining("theirs") }]);
  });

  it("fails no run if it cannot be used, and says so to who asks and in the log", async () => {
    await served((client) => run(client, "first"));
    const database = new DatabaseSync(file());
    database.exec("UPDATE migration_history SET sha256 = 'another'");
    database.close();
    await served(async (client) => {
      await run(client, "second");
      await expect(client.runs.listRuns({})).rejects.toMatchObject({ code: "HISTORY_UNAVAILABLE" });
      await expect(client.runs.getHistory({ runId: "second" })).rejects.toMatchObject({ code: "HISTORY_UNAVAILABLE" });
    });
    expect(told("history.failed")).toMatchObject([{ error: expect.stringContaining("doctor --rebuild-index") }]);
    expect((await historyFinding(configuration)).status).toBe("failed");
  });

  it("is made anew by the doctor from the logs, with its progress, and not while a server runs", async () => {
    await served(async (client) => {
      for (const runId of ["one", "two"]) await run(client, runId);
      await expect(rebuildIndex({ state: configuration.state }, () => undefined)).rejects.toMatchObject({
        code: "STATE_LOCKED",
      });
      expect((await historyFinding(configuration)).detail).toBe("kept by the process that owns the state directory");
    });
    writeFileSync(file(), "damaged");
    const progress: string[] = [];
    const finding = await rebuildIndex({ state: configuration.state }, ({ done, runs }) =>
      progress.push(`${done}/${runs}`),
    );
    expect(finding).toMatchObject({ status: "ok", detail: "made anew from the logs of 2 runs" });
    expect(progress).toEqual(["0/2", "1/2", "2/2"]);
    expect((await historyFinding(configuration)).detail).toBe("in step with the logs of 2 runs");
    expect(await served(ids)).toEqual(["two", "one"]);
    expect(told("history.")).toEqual([]);
  });

  it("is not looked for where nothing was run", async () => {
    expect((await historyFinding(configuration)).status).toBe("ok");
    expect((await rebuildIndex({ state: configuration.state }, () => undefined)).status).toBe("ok");
    expect(existsSync(configuration.state)).toBe(false);
  });
});

describe.each(["jsonl", "memory"] as const)("the history over a store of the kind %s", (store) => {
  it("lists its runs as that of any other", async () => {
    configuration = { ...configuration, store };
    await served(async (client) => {
      for (const runId of ["one", "two"]) await run(client, runId);
      expect(await ids(client)).toEqual(["two", "one"]);
    });
    expect((await historyFinding(configuration)).status).toBe("ok");
  });
});
