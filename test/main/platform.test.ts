import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CapabilityState } from "../../src/api/gen/verbatim/platform/v1/platform_pb.ts";
import { HealthStatus } from "../../src/api/gen/verbatim/health/v1/health_pb.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startApp } from "./support/notified-runs.ts";
import type { RunningApp } from "./support/notified-runs.ts";

const PLATFORM = {
  reserve_bytes: 0,
  platform: { capabilities: [{ name: "search" }, { name: "billing", frozen: true }] },
};

const NAMES = ["capability_disable", "capability_enable", "change_revert", "configuration_update", "parameter_change"];

interface Step {
  readonly stepType: string;
  readonly target: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

async function perform({ client }: RunningApp, jobId: string, steps: readonly Step[]) {
  const { result } = await client.executor.executeJob({
    jobId,
    contractId: "c",
    executedBy: "ada",
    steps: steps.map(({ parameters = {}, ...step }, stepIndex) => ({
      ...step,
      stepIndex,
      parameters: parameters as Readonly<Record<string, never>>,
    })),
  });
  return result;
}

function json(bytes: Uint8Array | undefined): unknown {
  return bytes === undefined || bytes.length === 0 ? undefined : JSON.parse(Buffer.from(bytes).toString());
}

async function stepTypes({ client }: RunningApp): Promise<readonly string[]> {
  return (await client.executor.listStepTypes({})).stepTypes
    .map(({ name }) => name)
    .filter((name) => !name.includes("."));
}

const revert = (stepIndex: number, target: string): Step => ({
  stepType: "change_revert",
  target,
  parameters: { job_id: "change", step_index: stepIndex },
});

describe("a server with a platform", () => {
  test("offers the steps that change it, and tells over the wire what they have changed", async () => {
    await using directory = await scratchDirectory();
    await using app = await startApp(directory.path, PLATFORM);
    expect((await stepTypes(app)).toSorted()).toEqual(NAMES);
    const { platform } = app.client;
    expect((await platform.listCapabilities({})).capabilities).toMatchObject([
      { name: "search", state: CapabilityState.DISABLED, frozen: false, parameters: [] },
      { name: "billing", state: CapabilityState.DISABLED, frozen: true },
    ]);
    const done = await perform(app, "first", [
      { stepType: "capability_enable", target: "capability/search" },
      { stepType: "parameter_change", target: "capability/search/parameters/depth", parameters: { value: 3 } },
      { stepType: "configuration_update", target: "configuration/limit", parameters: { value: null } },
      { stepType: "capability_enable", target: "capability/billing" },
    ]);
    expect(done).toMatchObject({ stepsSucceeded: 3, stepsFailed: 1 });
    const [search] = (await platform.listCapabilities({})).capabilities;
    expect(search?.state).toBe(CapabilityState.ENABLED);
    expect(search?.parameters.map(({ name, valueJson }) => [name, json(valueJson)])).toEqual([["depth", 3]]);
    const { values } = await platform.listConfiguration({});
    expect(values).toMatchObject([{ key: "limit", version: 1n, changedBy: "first/2" }]);
    expect(json(values[0]?.valueJson)).toBeNull();
    const { changes, headSeq } = await platform.listChanges({});
    expect(headSeq).toBe(3n);
    expect(changes.map(({ seq, key, by }) => [seq, key, by])).toEqual([
      [1n, "capability/search", "first/0"],
      [2n, "capability/search/parameters/depth", "first/1"],
      [3n, "configuration/limit", "first/2"],
    ]);
    expect(changes.map(({ beforeJson, afterJson }) => [beforeJson.length, json(afterJson)])).toEqual([
      [0, "enabled"],
      [0, 3],
      [0, null],
    ]);
  });

  test("puts back what a job has changed, unless somebody was there since, and keeps all of it over a restart", async () => {
    await using directory = await scratchDirectory();
    const keys = ["configuration/one", "configuration/two"];
    {
      await using app = await startApp(directory.path, PLATFORM);
      const set = keys.map((target) => ({ stepType: "configuration_update", target, parameters: { value: 1 } }));
      await perform(app, "change", set);
    }
    using database = new DatabaseSync(join(directory.path, "state", "platform.db"));
    database.exec("UPDATE resource SET value = '9' WHERE key = 'configuration/two'");
    await using app = await startApp(directory.path, PLATFORM);
    const back = await perform(app, "back", [revert(0, "configuration/one"), revert(1, "configuration/two")]);
    expect(back).toMatchObject({ stepsSucceeded: 1, stepsFailed: 1 });
    const { changes } = await app.client.platform.listChanges({ afterSeq: 2n });
    expect(changes.map(({ key, by, beforeJson, afterJson }) => [key, by, json(beforeJson), json(afterJson)])).toEqual([
      ["configuration/two", "", 1, 9],
      ["configuration/one", "back/0", 1, undefined],
    ]);
  });

  test("has what is said about health in what it records of a job", async () => {
    await using directory = await scratchDirectory();
    await using app = await startApp(directory.path, PLATFORM);
    await app.client.platformHealth.reportSignal({
      source: "probe",
      scope: "system",
      status: HealthStatus.BLOCKED,
      reason: "maintenance",
    });
    const done = await perform(app, "job", [{ stepType: "test.ok", target: "x" }]);
    expect(json(done?.healthAfterJson)).toMatchObject({
      status: "BLOCKED",
      signals: { reported: [{ source: "probe", reason: "maintenance" }] },
    });
    expect(await app.client.platformHealth.getHealth({})).toMatchObject({
      scope: "system",
      status: HealthStatus.BLOCKED,
      blocks: true,
    });
  });

  test("is refused with every capability that cannot be declared so", async () => {
    await using directory = await scratchDirectory();
    const capabilities = [{ name: "a" }, { name: "a" }, { name: "system" }, { name: "B" }];
    const error: unknown = await startApp(directory.path, { ...PLATFORM, platform: { capabilities } }).then(
      async (app) => await app.stop(),
      (refused: unknown) => refused,
    );
    expect(error).toMatchObject({ code: "INVALID_CONFIGURATION" });
    const { violations } = error as { readonly violations: readonly { readonly description: string }[] }; // as held above
    const text = violations.map(({ description }) => description).join("\n");
    for (const at of [1, 2, 3]) expect(text).toContain(`capabilities[${at}].name`);
    expect(violations).toHaveLength(3);
  });
});

test("a server without a platform has no such steps, and says which key of its configuration is missing", async () => {
  await using directory = await scratchDirectory();
  await using app = await startApp(directory.path, { reserve_bytes: 0 });
  expect(await stepTypes(app)).toEqual([]);
  const { platform, platformHealth } = app.client;
  const calls = [
    platform.listCapabilities({}),
    platform.listConfiguration({}),
    platform.listChanges({}),
    platformHealth.getHealth({}),
    platformHealth.listSignals({}),
    platformHealth.reportSignal({ source: "a", scope: "system", status: HealthStatus.HEALTHY }),
    platformHealth.withdrawSignal({ source: "a", scope: "system" }),
  ];
  for (const call of calls)
    await expect(call).rejects.toMatchObject({
      code: "NOT_CONFIGURED",
      message: expect.stringMatching(/no key `platform`/) as string,
      violations: [{ field: "platform" }],
    });
});
