import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startHouse } from "../../api/support/house.ts";
import type { House } from "../../api/support/house.ts";
import { runCommand, startCommand } from "../support/house-host.ts";
import { planText } from "../support/plan-files.ts";
import type { TestJob } from "../support/plan-files.ts";

let house: House;
beforeEach(async () => {
  house = await startHouse();
});
afterEach(() => house[Symbol.asyncDispose]());

const GATED: readonly TestJob[] = [
  { key: "build" },
  { key: "ship", needs: ["build"], gate: "manual" },
  { key: "after", needs: ["ship"] },
];

async function startGated(runId: string): Promise<void> {
  const ended = await runCommand(house, ["run", "-", "--run-id", runId, "--actor", "ann"], planText(GATED));
  expect(ended.code).toBe(3);
}

describe("the words about a plan's run", () => {
  it("a gate that is approved on a server lets the run go on by itself", async () => {
    await startGated("r1");
    const said = await runCommand(house, ["approve", "r1", "ship", "--actor", "bob", "--json"]);
    expect(JSON.parse(said.out)).toMatchObject({ run_id: "r1", said: "approve", actor: "bob", gates_open: [] });
    const attached = await runCommand(house, ["run", "-", "--run-id", "r1", "--actor", "ann"], planText(GATED));
    expect(attached.code).toBe(0);
    expect(attached.err).toContain("This run was accepted before");
  });

  it("a gate that is rejected fails the run, and the reason has to be given", async () => {
    await startGated("r2");
    expect((await runCommand(house, ["reject", "r2", "ship", "--actor", "bob"])).code).toBe(2);
    const said = await runCommand(house, ["reject", "r2", "ship", "--actor", "bob", "--reason", "too late"]);
    expect(said.code).toBe(0);
    await expect.poll(async () => (await runCommand(house, ["status", "r2"])).code).toBe(1);
    const { out } = await runCommand(house, ["summary", "r2", "--json"]);
    const { jobs } = JSON.parse(out) as { readonly jobs: readonly { readonly reason: string }[] };
    expect(jobs.map(({ reason }) => reason)).toEqual(["", "too late", "needs ship, which was rejected"]);
  });

  it("a job that is marked counts as succeeded, and the summary says by whom it was said", async () => {
    await startGated("r3");
    const said = await runCommand(house, ["mark-succeeded", "r3", "ship", "--reason", "done by hand"]);
    expect(said.out).toMatch(
      /^ship: counts as succeeded by tester\n◆ blocked {2}r3 {2}go on with: verbatim resume r3\n$/,
    );
    expect((await runCommand(house, ["resume", "r3"])).code).toBe(0);
    expect((await runCommand(house, ["summary", "r3"])).out).toContain("marked by hand: done by hand");
  });

  it("about a run that is not there is exit code 4, about a job that is not there 2", async () => {
    await startGated("r4");
    for (const command of ["status", "summary", "show", "resume"])
      expect((await runCommand(house, [command, "nothing"])).code, command).toBe(4);
    expect((await runCommand(house, ["approve", "nothing", "x", "--actor", "bob"])).code).toBe(4);
    expect((await runCommand(house, ["approve", "r4", "x", "--actor", "bob"])).code).toBe(2);
    expect((await runCommand(house, ["override", "r4", "build", "--reason", "x"])).code).toBe(6);
  });
});

describe("a plan on a running server", () => {
  it("can be left as soon as it is accepted, is 6 while it goes on, and is cancelled by name", async () => {
    const plan = planText([{ key: "wait", stepType: "test.wait" }]);
    const left = await runCommand(house, ["run", "-", "--run-id", "d1", "--detach"], plan);
    expect({ code: left.code, out: left.out }).toEqual({ code: 0, out: "d1\n" });
    expect((await runCommand(house, ["status", "d1"])).code).toBe(6);
    const again = await runCommand(house, ["run", "-", "--run-id", "d1", "--detach", "--json"], plan);
    expect(JSON.parse(again.out)).toMatchObject({ run_id: "d1", attached: true });
    const cancelled = await runCommand(house, ["cancel", "d1", "--reason", "enough", "--by", "bob", "--json"]);
    expect(JSON.parse(cancelled.out)).toEqual({
      run_id: "d1",
      status: "cancelled",
      reason: "cancelled by bob: enough",
    });
    expect((await runCommand(house, ["cancel", "d1", "--reason", "again"])).code).toBe(6);
  });

  it("is told event by event as JSON lines, each with its place and hash", async () => {
    const argv = ["run", "-", "--run-id", "j1", "--progress", "jsonl", "--json"];
    const { code, out, err } = await runCommand(house, argv, planText([{ key: "a" }]));
    expect(code).toBe(0);
    const events = err
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; seq?: number });
    expect(events[0]).toMatchObject({ event: "begin", run_id: "j1", name: "tested", jobs: 1, attached: false });
    expect(events.slice(1).map(({ seq }) => seq)).toEqual(events.slice(1).map((_event, at) => at));
    expect(events.at(-1)).toMatchObject({ event: "run.completed", status: "succeeded" });
    expect(JSON.parse(out)).toMatchObject({ run_id: "j1", status: "succeeded" });
  });

  it("that is interrupted goes on there, and the command says so and leaves with the signal's code", async () => {
    const { fake, ended } = startCommand(
      house,
      ["run", "-", "--run-id", "i1", "--wait"],
      planText([{ key: "wait", stepType: "test.wait" }]),
    );
    await expect.poll(() => fake.stderr.text).toContain("started");
    fake.interrupt.abort("SIGINT");
    const { code, err } = await ended;
    expect(code).toBe(130);
    expect(err).toContain("the run goes on at the house; follow it with `verbatim events i1 --follow`");
    expect((await runCommand(house, ["status", "i1", "--json"])).out).toContain('"status":"executing"');
  });

  it("is looked at without being run: order, widths and problems, each with its place", async () => {
    const good = await runCommand(house, ["validate", "-"], planText(GATED));
    expect(good.code).toBe(0);
    expect(good.out).toContain("Widths: 1, 1, 1\nOrder:\n  1. build\n       test.echo  x  (at most 300 s)\n");
    expect(good.out).toContain("  2. ship  (needs build; manual gate)\n");
    const circle = planText([
      { key: "a", needs: ["b"] },
      { key: "b", needs: ["a"] },
    ]);
    const bad = await runCommand(house, ["validate", "-", "--json"], circle);
    expect(bad.code).toBe(2);
    expect(JSON.parse(bad.out)).toMatchObject({ valid: false, plan_hash: null });
    expect(bad.out).toContain("closes a circle");
    expect((await runCommand(house, ["runs"])).out).toBe("No runs.\n");
  });
});
