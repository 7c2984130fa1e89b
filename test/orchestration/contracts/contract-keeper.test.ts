import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createChangeRevert } from "#effects";
import type { StepType } from "#effects";
import { verifyLines } from "#evidence";
import type { Fault } from "#model";
import { recoverRuns } from "#orchestration";
import { approved, createWorld, enable, untilAtRest } from "./support.ts";
import type { World } from "./support.ts";

async function refusedWith(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => "done",
    (error: Fault) => `${error.code} ${error.violations.map(({ field }) => field).join(" ")}`.trim(),
  );
}

async function requireSound({ store, runStore }: World): Promise<void> {
  for (const each of [store, runStore]) {
    for (const { runId } of await each.runs({ limit: 100 })) {
      const lines = (await each.read(runId, -1, 1000)).map(({ line }) => line);
      expect((await verifyLines(lines, { runId })).problems).toEqual([]);
    }
  }
}

describe("the authority chain from a request to its end", () => {
  it("carries out what a second person has approved, and completes it once its audit passes", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const contractId = await approved(keeper, enable("billing"));
    expect(world.platform.value("capability/billing")).toBeUndefined();
    await keeper.activate({ contractId, actor: "grace" });
    const { contract, verdicts } = await untilAtRest(keeper, contractId);
    expect(contract).toMatchObject({ state: "COMPLETED", approvedBy: "grace", audit: { verdict: "PASS" } });
    expect(verdicts.audit?.decision).toBe("PASS");
    expect(world.platform.value("capability/billing")).toBe("enabled");
    await requireSound(world);
  });

  it("rejects with the rule's own words what eligibility does not let through", async () => {
    using world = createWorld();
    const { record } = await world.start().keeper.submit(enable("legacy"), 72);
    expect(record.contract).toMatchObject({ state: "REJECTED", reason: expect.stringMatching(/^E-102: /) });
    await requireSound(world);
  });

  it("gives the same contract for the same request, and refuses another one under its reference", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const first = await keeper.submit(enable("billing"), 72);
    const again = await keeper.submit(enable("billing"), 72);
    expect(again).toMatchObject({ attached: true, record: { size: first.record.size } });
    expect(await refusedWith(keeper.submit(enable("search"), 72))).toBe("REQUEST_TAKEN");
  });

  it("lets the second of two requests for one capability wait for the first", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const [one, other] = await Promise.all([
      keeper.submit(enable("billing", "T-1"), 72),
      keeper.submit(enable("billing", "T-2"), 72),
    ]);
    expect([one.record.contract.state, other.record.contract.reason?.slice(0, 5)]).toEqual(["ELIGIBLE", "E-006"]);
  });

  it("refuses more requests of a source than it may make in a minute", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const asked = Array.from({ length: 7 }, (_, n) => refusedWith(keeper.submit(enable("billing", `T-${n}`), 72)));
    expect((await Promise.all(asked)).filter((said) => said === "LIMIT_EXCEEDED")).toHaveLength(2);
    world.clock.advance(61_000);
    expect(await refusedWith(keeper.submit(enable("billing", "T-9"), 72))).toBe("done");
  });
});

describe("what is refused on the way", () => {
  it.each([
    ["by the submitter", { actor: "ada" }, "APPROVER_IS_SUBMITTER FOUR_EYES"],
    ["of another plan", { planHash: "another" }, "CONTRACT_REFUSED PLAN_MISMATCH"],
    ["of an older version", { expectedVersion: 1 }, "CONTRACT_CHANGED VERSION_CONFLICT"],
    ["for longer than a week", { activationWindowHours: 169 }, "CONTRACT_REFUSED WINDOW_OUT_OF_BOUNDS"],
  ])("an approval %s changes nothing", async (_title, changed, expected) => {
    using world = createWorld();
    const { keeper } = world.start();
    const { record } = await keeper.submit(enable("billing"), 72);
    const { contractId, version, planHash = "" } = record.contract;
    const word = { contractId, actor: "grace", expectedVersion: version, comment: "", planHash };
    expect(await refusedWith(keeper.review({ ...word, decision: "approve", ...changed }))).toBe(expected);
    expect((await keeper.get(contractId)).size).toBe(record.size);
  });

  it("of two reviewers at once one wins, and the other is told to look again", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const { record } = await keeper.submit(enable("billing"), 72);
    const { contractId, version, planHash = "" } = record.contract;
    const word = { contractId, expectedVersion: version, comment: "no", planHash };
    const said = await Promise.all([
      refusedWith(keeper.review({ ...word, actor: "grace", decision: "approve" })),
      refusedWith(keeper.review({ ...word, actor: "linus", decision: "reject" })),
    ]);
    expect(said.toSorted()).toEqual(["CONTRACT_CHANGED VERSION_CONFLICT", "done"]);
  });

  it("an approved contract is activated once, within its window, and fails by itself behind it", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const late = await approved(keeper, enable("billing"));
    world.clock.advance(24 * 3_600_000);
    expect(await refusedWith(keeper.activate({ contractId: late, actor: "grace" }))).toBe(
      "CONTRACT_REFUSED OUTSIDE_WINDOW",
    );
    expect((await keeper.get(late)).contract).toMatchObject({ state: "FAILED" });
    const inTime = await approved(keeper, enable("search", "T-2"));
    await keeper.activate({ contractId: inTime, actor: "grace" });
    await untilAtRest(keeper, inTime);
    expect(await refusedWith(keeper.activate({ contractId: inTime, actor: "grace" }))).toBe(
      "CONTRACT_REFUSED TERMINAL",
    );
    await requireSound(world);
  });

  it("what nobody has approved in time expires, and can no longer be approved", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const { record } = await keeper.submit(enable("billing"), 72);
    world.clock.advance(72 * 3_600_000);
    expect((await keeper.get(record.contract.contractId)).contract.state).toBe("EXPIRED");
  });

  it("no job of a contract's name starts before the contract is active, or with other steps", async () => {
    using world = createWorld();
    const { keeper, runner } = world.start();
    const contractId = await approved(keeper, enable("billing"));
    const step = {
      stepIndex: 0,
      stepType: "capability_enable",
      target: "capability/search",
      parameters: {},
      timeoutSeconds: 30,
    };
    const job = { jobId: `${contractId}.job`, contractId, executedBy: "mallory", steps: [step] };
    expect(await refusedWith(runner.submit(job))).toBe("ADMISSION_REFUSED contract_id");
    await keeper.activate({ contractId, actor: "grace" });
    expect(await refusedWith(runner.submit({ ...job, jobId: "another" }))).toBe("ADMISSION_REFUSED job_id");
    await untilAtRest(keeper, contractId);
    expect(world.platform.value("capability/search")).toBeUndefined();
  });

  it("a health that is BLOCKED lets no approved job start", async () => {
    using world = createWorld();
    const { keeper } = world.start();
    const contractId = await approved(keeper, enable("billing"));
    world.signals.report({ source: "watcher", scope: "billing", status: "BLOCKED", reason: "down" });
    expect(await refusedWith(keeper.activate({ contractId, actor: "grace" }))).toBe("CONTRACT_REFUSED HEALTH_GATE");
    world.signals.withdraw("watcher", "billing");
    expect(await refusedWith(keeper.activate({ contractId, actor: "grace" }))).toBe("done");
  });
});

type Evil = (world: Pick<World, "platform" | "write">, key: string) => void;

/** A handler of `capability_enable` that says that it has done what it was told to. */
function lying(evil: Evil): (world: Pick<World, "platform" | "write">) => readonly StepType[] {
  return (world) => [
    {
      name: "capability_enable",
      version: "1",
      capability: "capability_enable",
      checkParameters: () => [],
      handler: {
        execute: (_step: unknown, { idempotencyKey }: { idempotencyKey: string }) => {
          evil(world, idempotencyKey);
          return { success: true, output: { key: "capability/billing", after: "enabled" } };
        },
      },
    } as unknown as StepType, // the members that the machine uses
  ];
}

/** Does what it was told to, and hides that somebody else has done and undone something meanwhile. */
const hidden: Evil = ({ platform, write }, by) => {
  platform.perform({ idempotencyKey: by, key: "capability/billing", value: "enabled" });
  write(`INSERT INTO resource (key, value) VALUES ('configuration/admin', '"mallory"')`);
  write("DELETE FROM resource WHERE key = 'configuration/admin'");
};

/** A `change_revert` whose first call ends only when it is cancelled. */
function hangingOnce() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  let calls = 0;
  const revert = (platform: World["platform"]): StepType => {
    const sound = createChangeRevert(platform);
    const execute: StepType["handler"]["execute"] = async (step, context, surroundings) => {
      calls += 1;
      if (calls > 1) return await sound.handler.execute(step, context, surroundings);
      reach();
      await once(surroundings.signal, "abort");
      return { success: false, output: null, error: "it was told to stop" };
    };
    return { ...sound, handler: { execute } };
  };
  return { reached, revert };
}

describe("a handler that does not do what it says cannot obtain PASS", () => {
  it.each<readonly [string, Evil, RegExp]>([
    ["does nothing", () => undefined, /A-003/],
    [
      "changes another key in its own name",
      ({ platform }, by) => platform.set("capability/search", "enabled", by),
      /A-001/,
    ],
    [
      "changes what it was told to, and hides another change",
      ({ platform, write }, by) => {
        platform.set("capability/billing", "enabled", by);
        write(`INSERT INTO resource (key, value) VALUES ('configuration/admin', '"mallory"')`);
      },
      /A-007/,
    ],
    [
      "changes another key in the name of a job that there is not",
      ({ platform }, by) => {
        platform.set("capability/billing", "enabled", by);
        platform.set("capability/search", "enabled", "another-job/0");
      },
      /A-007/,
    ],
    ["does the opposite", ({ platform }, by) => platform.set("capability/billing", "disabled", by), /A-003/],
  ])("one that %s", async (_title, evil, check) => {
    using world = createWorld(lying(evil));
    const { keeper } = world.start();
    const contractId = await approved(keeper, enable("billing"));
    await keeper.activate({ contractId, actor: "grace" });
    const { contract, foundAudit } = await untilAtRest(keeper, contractId);
    expect(foundAudit?.decision).toBe("FAIL");
    expect(foundAudit?.reason).toMatch(check);
    expect(contract.state).toBe("FAILED");
    await requireSound(world);
  });
});

describe("a restart between any two records", () => {
  it("goes on with an active contract where its logs end, and does nothing twice", async () => {
    using world = createWorld();
    const first = world.start();
    const contractId = await approved(first.keeper, enable("billing"));
    // The process ends between the record that makes it ACTIVE and the job: the transition alone is written.
    const { contract, size, head } = await first.keeper.get(contractId);
    await world.store.append(contractId, size, [
      {
        event_type: "contract.transitioned",
        timestamp_utc: world.clock.now(),
        actor: "grace",
        attempt: 0,
        contract_id: contractId,
        job_id: `${contractId}.job`,
        status: "ACTIVE",
        plan_hash: contract.planHash,
        data: { version: contract.version + 1, from: "APPROVED", journal_head: 0, health: "HEALTHY" },
      },
    ]);
    expect(head).not.toBe("");
    const second = world.start();
    await second.keeper.start();
    expect((await untilAtRest(second.keeper, contractId)).contract.state).toBe("COMPLETED");
    const third = world.start();
    await third.keeper.start();
    await third.keeper.close();
    expect(world.platform.head).toBe(1);
    await requireSound(world);
    await Promise.all([first, second].map(({ keeper }) => keeper.close()));
  });

  it.each([
    ["its process died", async ({ runStore, clock }: World) => void (await recoverRuns(runStore, clock))],
    [
      "it was cancelled",
      async (_world: World, { runner }: ReturnType<World["start"]>, jobId: string) =>
        void (await runner.cancel(jobId, { cancelledBy: "linus", reason: "too slow" })),
    ],
  ])("undoes in a job of its own what an attempt that was cut off has left, when %s", async (_title, cutOff) => {
    const hangs = hangingOnce();
    using world = createWorld((parts) => [...lying(hidden)(parts), hangs.revert(parts.platform)]);
    const first = world.start();
    const contractId = await approved(first.keeper, enable("billing"));
    await first.keeper.activate({ contractId, actor: "grace" });
    await hangs.reached;
    await cutOff(world, first, `${contractId}.rollback`);
    const second = world.start();
    await second.keeper.start();
    const { contract, rollback } = await untilAtRest(second.keeper, contractId);
    expect([contract.state, rollback?.status, rollback?.jobId]).toEqual([
      "FAILED",
      "SUCCEEDED",
      `${contractId}.rollback-2`,
    ]);
    expect(world.platform.value("capability/billing")).toBeUndefined();
    await requireSound(world);
  });

  it("audits a job that had ended when the process died", async () => {
    using world = createWorld();
    const first = world.start();
    const contractId = await approved(first.keeper, enable("billing"));
    await first.keeper.activate({ contractId, actor: "grace" });
    await untilAtRest(first.keeper, contractId);
    const { size } = await first.keeper.get(contractId);
    const restarted = world.start();
    await restarted.keeper.start();
    expect((await restarted.keeper.get(contractId)).size).toBe(size);
  });
});
