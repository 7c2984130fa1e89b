import { describe, expect, it } from "vitest";
import type { StepType } from "#effects";
import type { Fault, Json } from "#model";
import { contractPlan } from "#orchestration";
import type { ContractKeeper } from "#orchestration";
import { allLogs } from "./keeper/contract-story.ts";
import { MortalLife } from "./keeper/mortal-life.ts";
import { approved, createWorld, enable, untilAtRest } from "./support.ts";
import type { World } from "./support.ts";

async function refusedWith(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => "done",
    (error: Fault) => `${error.code} ${error.violations.map(({ field }) => field).join(" ")}`.trim(),
  );
}

type Parts = Pick<World, "platform" | "write">;

/** A handler of `capability_enable` that does what it was told to, and something else behind it. */
function enabling(also: (parts: Parts) => void): (parts: Parts) => readonly StepType[] {
  return (parts) => [
    {
      name: "capability_enable",
      version: "1",
      capability: "capability_enable",
      checkParameters: () => [],
      handler: {
        execute: ({ target }: { target: string }, { idempotencyKey }: { idempotencyKey: string }) => {
          parts.platform.perform({ idempotencyKey, key: target, value: "enabled" });
          also(parts);
          return { success: true, output: null };
        },
      },
    } as unknown as StepType, // the members that the machine uses
  ];
}

async function carriedOut(keeper: ContractKeeper, request: unknown) {
  const contractId = await approved(keeper, request);
  await keeper.activate({ contractId, actor: "grace" });
  return await untilAtRest(keeper, contractId);
}

/** A world in which nobody knows how billing is once it was enabled. */
function blindWorld(): World {
  const world: World = createWorld(
    enabling(() =>
      world.signals.report({ source: "watcher", scope: "billing", status: "UNKNOWN", reason: "it is silent" }),
    ),
  );
  return world;
}

describe("an audit that cannot be sure", () => {
  it.each([
    [true, "COMPLETED", "enabled"],
    [false, "FAILED", undefined],
  ])("waits for a person, whose word %s makes it %s", async (pass, state, value) => {
    using world = blindWorld();
    const first = world.start();
    const { contractId } = (await carriedOut(first.keeper, enable("billing"))).contract;
    await first.keeper.close(); // whatever it has begun has ended
    const { keeper } = world.start();
    const { contract, verdicts, rollback } = await keeper.get(contractId);
    expect([contract.state, verdicts.audit?.decision, rollback]).toEqual(["ACTIVE", "INCONCLUSIVE", undefined]);
    const word = { contractId, pass, reason: "looked at it" };
    expect(await refusedWith(keeper.resolveAudit({ ...word, actor: " ADA" }))).toMatch(
      /^(CONTRACT_REFUSED|APPROVER_IS)/,
    );
    expect((await keeper.get(contractId)).contract.state).toBe("ACTIVE");
    await keeper.resolveAudit({ ...word, actor: "linus" });
    expect((await untilAtRest(keeper, contractId)).contract.state).toBe(state);
    expect(world.platform.value("capability/billing")).toBe(value);
  });

  it("that does not wait any more takes nobody's word", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const { contract } = await carriedOut(keeper, enable("billing"));
    const word = { contractId: contract.contractId, actor: "linus", pass: false, reason: "no" };
    expect(await refusedWith(keeper.resolveAudit(word))).toBe("CONTRACT_REFUSED NO_AUDIT");
  });
});

describe("what a failed contract has changed", () => {
  it("is not called put back while something stands that nobody owns up to", async () => {
    using world = createWorld(
      enabling(({ write }) => write(`INSERT INTO resource (key, value) VALUES ('configuration/admin', '"mallory"')`)),
    );
    const { contract, rollback } = await carriedOut(world.start().keeper, enable("billing"));
    expect([contract.state, rollback?.status]).toEqual(["FAILED", "FAILED"]);
    expect(contract.reason).toContain("configuration/admin");
    expect(world.platform.value("capability/billing")).toBeUndefined();
  });

  it("fails its audit if it was changed in the name of a job that has other keys", async () => {
    let first: string | undefined;
    using world = createWorld(
      enabling(({ platform }) => {
        if (first !== undefined) platform.set("configuration/admin", 1, `${first}.job/0`);
      }),
    );
    const { keeper } = world.start();
    first = (await carriedOut(keeper, enable("billing"))).contract.contractId;
    const { foundAudit } = await carriedOut(keeper, enable("search", "T-2"));
    expect(foundAudit?.reason).toMatch(/A-007/);
  });

  it("is undone by the job that was told of, and is told of once, when the process dies between the two", async () => {
    using world = createWorld(
      enabling(({ write }) => {
        write(`INSERT INTO resource (key, value) VALUES ('configuration/admin', '1')`);
        write("DELETE FROM resource WHERE key = 'configuration/admin'");
      }),
    );
    const life = new MortalLife();
    const first = world.start(life);
    const contractId = await approved(first.keeper, enable("billing"));
    life.endAt({ appends: 5, isStored: true }); // ACTIVE, the job's beginning and end, the audit, RUNNING
    await Promise.race([first.keeper.activate({ contractId, actor: "grace" }), life.died]);
    await life.died;
    await life.silence();
    const { keeper } = world.start();
    await keeper.start();
    await untilAtRest(keeper, contractId);
    const [log] = await allLogs(world.store);
    const told = log?.lines.filter(({ event_type: type }) => type === "contract.rollback");
    expect(told?.map(({ status, job_id: jobId }) => [status, jobId])).toEqual([
      ["RUNNING", `${contractId}.rollback`],
      ["SUCCEEDED", `${contractId}.rollback`],
    ]);
  });
});

describe("what is refused beside the way", () => {
  it("a contract that is active cannot be cancelled, and one that is approved fails by it", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const word = { actor: "linus", reason: "no longer wanted" };
    const one = await approved(keeper, enable("billing"));
    await keeper.cancel({ ...word, contractId: one });
    expect((await keeper.get(one)).contract).toMatchObject({ state: "FAILED", reason: "no longer wanted" });
    const life = new MortalLife();
    const other = await approved(keeper, enable("search", "T-2"));
    life.endAt({ appends: 1, isStored: true });
    await Promise.race([world.start(life).keeper.activate({ contractId: other, actor: "grace" }), life.died]);
    await life.silence();
    const next = world.start();
    expect(await refusedWith(next.keeper.cancel({ ...word, contractId: other }))).toBe("CONTRACT_REFUSED ACTIVE");
  });

  it("another job than the approved one, under the id of a contract's job that has not begun", async () => {
    using world = createWorld();
    const life = new MortalLife();
    const first = world.start(life);
    const contractId = await approved(first.keeper, enable("billing"));
    life.endAt({ appends: 1, isStored: true });
    await Promise.race([first.keeper.activate({ contractId, actor: "grace" }), life.died]);
    await life.silence();
    const { keeper, runner } = world.start();
    const { job } = contractPlan(contractId, (await keeper.get(contractId)).request);
    const steps = job.steps.map((step) => ({ ...step, target: "capability/search" }));
    expect(await refusedWith(runner.submit({ ...job, steps }))).toBe("ADMISSION_REFUSED steps");
    const value: Json = "any";
    const slower = job.steps.map((step) => ({ ...step, parameters: { value } }));
    expect(await refusedWith(runner.submit({ ...job, steps: slower }))).toBe("ADMISSION_REFUSED steps");
    await keeper.start();
    expect((await untilAtRest(keeper, contractId)).contract.state).toBe("COMPLETED");
  });

  it("two sources may use one reference, each for a contract of its own", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const one = await keeper.submit(enable("billing"), 72);
    const other = await keeper.submit({ ...enable("search"), source: "crm_feedback" }, 72);
    expect(other.attached).toBe(false);
    expect(other.record.contract.contractId).not.toBe(one.record.contract.contractId);
  });
});
