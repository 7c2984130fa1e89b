import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { openPlatformStore } from "#effects";
import { CAPABILITIES, performOn, platformBench, stepTypesOf, stillClock } from "./support/platform-bench.ts";

const ALL = { afterSeq: 0, limit: 1000 };
const LIMIT = "configuration/limit";

const revert = (key: string, of: string) => ({
  key,
  target: LIMIT,
  parameters: { job_id: of.split("/")[0] ?? "", step_index: Number(of.split("/")[1]) },
});

describe("steps that change the platform", () => {
  it("enable and disable a capability, and say what stood there before and after", async () => {
    using bench = platformBench();
    const target = "capability/search";
    const said = { key: target, version: 1 };
    expect(await bench.perform("capability_enable", { key: "j/0", target })).toEqual({
      success: true,
      output: { ...said, before: null, after: "enabled" },
    });
    expect(await bench.perform("capability_disable", { key: "j/1", target })).toEqual({
      success: true,
      output: { ...said, before: "enabled", after: "disabled", version: 2 },
    });
    expect(bench.platform.changes(ALL)).toMatchObject([{ by: "j/0" }, { by: "j/1" }]);
  });

  it("set a value of the configuration and a parameter of a capability", async () => {
    using bench = platformBench();
    await bench.perform("configuration_update", { key: "j/0", target: LIMIT, parameters: { value: [1, null] } });
    const target = "capability/search/parameters/depth";
    await bench.perform("parameter_change", { key: "j/1", target, parameters: { value: null } });
    expect(bench.platform.value(LIMIT)).toEqual([1, null]);
    expect(bench.platform.value(target)).toBeNull();
    expect(bench.platform.head).toBe(2);
  });

  it.each([
    ["capability_enable", { target: "capability/other" }, /no capability "other"/],
    ["capability_disable", { target: "capability/other" }, /no capability "other"/],
    [
      "parameter_change",
      { target: "capability/other/parameters/depth", parameters: { value: 1 } },
      /no capability "other"/,
    ],
    [
      "change_revert",
      { target: "capability/other", parameters: { job_id: "j", step_index: 0 } },
      /no capability "other"/,
    ],
    ["capability_enable", { target: "capability/billing" }, /frozen/],
    ["parameter_change", { target: "capability/billing/parameters/depth", parameters: { value: 1 } }, /frozen/],
  ])("%s with %j is permanent before any write", async (stepType, step, why) => {
    using bench = platformBench();
    const error = expect.stringMatching(why) as unknown;
    expect(await bench.perform(stepType, step)).toMatchObject({ errorClass: "permanent", error });
    expect(bench.platform.head).toBe(0);
  });

  it.each([
    ["capability_enable", "search", {}],
    ["capability_enable", "capability/search/parameters/depth", {}],
    ["capability_enable", "capability/search", { value: 1 }],
    ["configuration_update", "capability/search", { value: 1 }],
    ["configuration_update", LIMIT, {}],
    ["configuration_update", LIMIT, { value: "x".repeat(8191) }],
    ["parameter_change", LIMIT, { value: 1 }],
    ["change_revert", "limit", { job_id: "j", step_index: 0 }],
    ["change_revert", LIMIT, { job_id: "j", step_index: -1 }],
  ])("%s on %s with %j is malformed and writes nothing", async (stepType, target, parameters) => {
    using bench = platformBench();
    expect(await bench.perform(stepType, { target, parameters })).toMatchObject({ errorClass: "validation_failed" });
    expect(bench.platform.head).toBe(0);
  });

  it("are performed once: the second time says the same and leaves no entry, whatever has happened since", async () => {
    using bench = platformBench();
    const step = { key: "j/0", target: LIMIT, parameters: { value: 1 } };
    const first = await bench.perform("configuration_update", step);
    bench.platform.set(LIMIT, 2, "person:ada");
    bench.reopen();
    expect(await bench.perform("configuration_update", step)).toEqual(first);
    expect(bench.platform.value(LIMIT)).toBe(2);
    expect(bench.platform.head).toBe(2);
    const other = { ...step, target: "configuration/other" };
    expect(await bench.perform("configuration_update", other)).toMatchObject({ errorClass: "permanent" });
  });

  it("that changed nothing change nothing the second time either", async () => {
    using bench = platformBench();
    bench.platform.set(LIMIT, 1, "person:ada");
    const step = { key: "j/0", target: LIMIT, parameters: { value: 1 } };
    expect(await bench.perform("configuration_update", step)).toMatchObject({
      output: { before: 1, after: 1, version: 1 },
    });
    bench.platform.set(LIMIT, 2, "person:ada");
    await bench.perform("configuration_update", step);
    expect([bench.platform.value(LIMIT), bench.platform.head]).toEqual([2, 2]);
  });

  it("of two jobs on one key stand one after the other, each on what the other has left", async () => {
    using bench = platformBench();
    using other = openPlatformStore({ path: bench.path, clock: stillClock, capabilities: CAPABILITIES });
    const both = [stepTypesOf(bench.platform), stepTypesOf(other)];
    const steps = Array.from({ length: 40 }, async (_none, at) => {
      const type = both[at % 2]?.get("configuration_update");
      if (type === undefined) throw new Error("there is no such step type");
      return await performOn(type, { key: `j${at}/0`, target: LIMIT, parameters: { value: at } });
    });
    await Promise.all(steps);
    const changes = bench.platform.changes(ALL);
    expect(changes.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_none, at) => at + 1));
    for (const [at, { before }] of changes.entries()) expect(before).toBe(at === 0 ? null : changes[at - 1]?.after);
    expect(other.configuration()).toEqual(bench.platform.configuration());
  });

  it("wait for another process that is writing, and write on what it has left", async () => {
    using bench = platformBench();
    const script = `const database = new (require("node:sqlite").DatabaseSync)(process.argv[1]);
      database.exec("BEGIN IMMEDIATE; INSERT INTO resource (key, value) VALUES ('${LIMIT}', '1')");
      console.log("writing");
      setTimeout(() => { database.exec("COMMIT"); database.close(); }, 100);`;
    const child = spawn(process.execPath, ["-e", script, bench.path], { stdio: ["ignore", "pipe", "inherit"] });
    const gone = once(child, "exit");
    await once(child.stdout, "data");
    const said = await bench.perform("configuration_update", { target: LIMIT, parameters: { value: 2 } });
    expect(said).toMatchObject({ success: true, output: { before: 1, after: 2, version: 2 } });
    await gone;
  });
});

describe("change_revert", () => {
  it("puts back what stood there, and nothing where nothing stood, once", async () => {
    using bench = platformBench();
    await bench.perform("configuration_update", { key: "j/0", target: LIMIT, parameters: { value: 1 } });
    await bench.perform("configuration_update", { key: "j/1", target: LIMIT, parameters: { value: 2 } });
    const said = await bench.perform("change_revert", revert("r/0", "j/1"));
    expect(said).toEqual({ success: true, output: { key: LIMIT, before: 2, after: 1, version: 3 } });
    expect(await bench.perform("change_revert", revert("r/0", "j/1"))).toEqual(said);
    expect(bench.platform.changes(ALL)[2]).toMatchObject({ by: "r/0", before: 2, after: 1 });
    expect(bench.platform.head).toBe(3);
    bench.platform.perform({ idempotencyKey: "k/0", key: "configuration/new", value: 1 });
    bench.platform.revert({ idempotencyKey: "r/1", key: "configuration/new", undoes: "k/0" });
    expect(bench.platform.value("configuration/new")).toBeUndefined();
    expect(bench.platform.changes(ALL).at(-1)).toMatchObject({ change: "delete", before: 1, after: null, by: "r/1" });
    expect(bench.platform.configuration().map(({ key }) => key)).toEqual(["limit"]);
  });

  it("is refused for good when anybody has changed the key since, a hidden writer too", async () => {
    using bench = platformBench();
    await bench.perform("configuration_update", { key: "j/0", target: LIMIT, parameters: { value: 1 } });
    bench.hidden("UPDATE resource SET value = '1'");
    const said = await bench.perform("change_revert", revert("r/0", "j/0"));
    expect(said).toMatchObject({ success: false, errorClass: "permanent" });
    expect(said.error).toMatch(/changed again after j\/0: its change is entry 1 of the journal, the last one is 2/);
    expect([bench.platform.value(LIMIT), bench.platform.head]).toEqual([1, 2]);
  });

  it("changes nothing where another attempt has put back already what stood there before", async () => {
    using bench = platformBench();
    bench.platform.set(LIMIT, 1, "person:ada");
    await bench.perform("configuration_update", { key: "j/0", target: LIMIT, parameters: { value: 2 } });
    await bench.perform("change_revert", revert("r/0", "j/0"));
    const again = await bench.perform("change_revert", revert("r-2/0", "j/0"));
    expect(again).toEqual({ success: true, output: { key: LIMIT, before: 1, after: 1, version: 3 } });
    expect(bench.platform.head).toBe(3);
  });

  it("changes nothing for a step that changed nothing or never ran, and does not put back another key", async () => {
    using bench = platformBench();
    bench.platform.set(LIMIT, 1, "person:ada");
    await bench.perform("configuration_update", { key: "j/0", target: LIMIT, parameters: { value: 1 } });
    bench.platform.set(LIMIT, 2, "person:ada");
    const asItIs = { success: true, output: { key: LIMIT, before: 2, after: 2, version: 2 } };
    expect(await bench.perform("change_revert", revert("r/0", "j/0"))).toEqual(asItIs);
    expect(await bench.perform("change_revert", revert("r/1", "never/0"))).toEqual(asItIs);
    await bench.perform("configuration_update", { key: "j/1", target: LIMIT, parameters: { value: 3 } });
    const other = { ...revert("r/2", "j/1"), target: "configuration/other" };
    expect(await bench.perform("change_revert", other)).toMatchObject({ errorClass: "permanent" });
    expect(bench.platform.head).toBe(3);
  });

  it("puts back what a capability was although the configuration has frozen it since", async () => {
    using bench = platformBench();
    const key = "capability/billing";
    using before = openPlatformStore({ path: bench.path, clock: stillClock, capabilities: [{ name: "billing" }] });
    before.perform({ idempotencyKey: "j/0", key, value: "enabled" });
    const parameters = { job_id: "j", step_index: 0 };
    expect(await bench.perform("change_revert", { key: "r/0", target: key, parameters })).toMatchObject({
      success: true,
    });
    expect(bench.platform.value(key)).toBeUndefined();
  });
});
