import { setImmediate as turn } from "node:timers/promises";
import type { StepType } from "#effects";
import type { JobStep } from "#model";
import { Fault } from "#model";
import { contractPlan, recoverRuns } from "#orchestration";
import type { ContractRecord } from "#orchestration";
import { createWorld, enable } from "../support.ts";
import type { World } from "../support.ts";
import type { Behaviour, Move, Play } from "./any-play.ts";
import { MortalLife } from "./mortal-life.ts";

const HOUR_MS = 3_600_000;
/** Turns of the event loop in which everything that goes on by itself has come to its rest. */
const REST_TURNS = 3000;

type Parts = Pick<World, "platform" | "write">;

/** Plays what happens to keepers over one store, one process after the other. */
export class Player implements Disposable {
  readonly world: World;
  /** Times that a handler was called for each step, counted by the handler. */
  readonly calls = new Map<string, number>();
  /** What was answered or thrown that nobody may be answered with. */
  readonly problems: string[] = [];
  readonly #behaviours: readonly Behaviour[];
  #life = new MortalLife();
  #isNextIdle = false;
  #process: ReturnType<World["start"]>;

  constructor({ behaviours }: Play) {
    this.#behaviours = behaviours;
    this.world = createWorld((parts) => [this.#handler("capability_enable", parts)]);
    this.#process = this.world.start(this.#life); // there is nothing yet that `start` would go on with
  }

  async play({ moves }: Play): Promise<void> {
    for (const { move, turns } of moves) {
      const made = this.#make(move).catch((error: unknown) => this.#hear(error));
      if (turns === undefined) await Promise.race([made, this.#life.died]);
      else for (let count = 0; count < turns; count += 1) await turn();
      if (this.#life.isDead) await this.#begin();
    }
    await this.#rest();
  }

  /** A last process brings everything to its rest. */
  async #rest(): Promise<void> {
    this.#life.end();
    this.#isNextIdle = false;
    await this.#begin();
    const { keeper } = this.#process;
    let unrested: readonly ContractRecord[] = [];
    for (let turns = 0; turns < REST_TURNS; turns += 1) {
      const records = await Promise.all((await this.#ids()).map((id) => keeper.get(id)));
      unrested = records.filter((record) => !isAtRest(record));
      if (unrested.length === 0) break;
      if (turns % 100 === 99) this.world.clock.advance(60_000); // a sweep goes on with what has met a refusal
      await turn();
    }
    this.problems.push(...unrested.map(({ contract }) => `${contract.contractId} comes to no rest`));
    await keeper.close();
    for (const told of this.world.news) if ("error" in told) this.#hear(told.error);
  }

  async #begin(): Promise<void> {
    await this.#life.silence();
    const life = new MortalLife();
    this.#life = life;
    await recoverRuns(this.world.runStore, this.world.clock);
    this.#process = this.world.start(life);
    if (!this.#isNextIdle) await Promise.race([this.#process.keeper.start(), life.died]);
  }

  #hear(error: unknown): void {
    if (error instanceof Fault) return;
    this.problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  async #ids(): Promise<readonly string[]> {
    return (await this.world.store.runs({ limit: 100 })).map(({ runId }) => runId);
  }

  async #seen(of: number): Promise<ContractRecord> {
    const { contracts } = await this.#process.keeper.list({ limit: 10, states: new Set() }); // which ends none whose time has passed
    return contracts[of] ?? (await this.#process.keeper.get("c-none"));
  }

  async #make(move: Move): Promise<unknown> {
    const { clock, signals } = this.world;
    switch (move.do) {
      case "wait":
        return move.isHeld ? clock.hold(move.hours * HOUR_MS) : clock.advance(move.hours * HOUR_MS);
      case "signal":
        if (move.status === "none") return signals.withdraw("watcher", move.scope);
        return signals.report({ source: "watcher", scope: move.scope, status: move.status, reason: "seen" });
      case "meddle":
        return this.world.write(
          `INSERT INTO resource (key, value) VALUES ('configuration/admin', '${move.value}') ON CONFLICT DO UPDATE SET value = excluded.value`,
        );
      case "die":
        this.#isNextIdle = move.isIdle;
        return move.death === undefined ? this.#life.end() : this.#life.endAt(move.death);
      default:
        return await this.#call(move);
    }
  }

  async #call(move: Exclude<Move, { readonly do: "wait" | "signal" | "meddle" | "die" }>): Promise<unknown> {
    const { keeper } = this.#process;
    if (move.do === "submit") return await keeper.submit(requestOf(move), move.hours);
    if (move.do === "look")
      return [await keeper.list({ limit: 10, states: new Set(["ACTIVE"]) }), await keeper.queue(10)];
    const seen = await this.#seen(move.of);
    const { contractId, version, planHash = "" } = seen.contract;
    if (move.do === "go on") {
      if (move.dies) this.#life.endAt({ appends: 1, isStored: true });
      this.#isNextIdle = move.dies;
      return await this.#goOn(seen);
    }
    if (move.do === "execute") return await this.#execute(move, seen);
    const word = { contractId, actor: move.actor };
    switch (move.do) {
      case "review":
        return await keeper.review({
          ...word,
          decision: move.decision,
          comment: "looked at",
          planHash: move.plan === "seen" ? planHash : "another",
          expectedVersion: move.version === "seen" ? version : version - 1,
          activationWindowHours: move.hours,
        });
      case "activate":
        return await keeper.activate(word);
      case "cancel":
        return await keeper.cancel({ ...word, reason: "no longer wanted" });
      case "resolve":
        return await keeper.resolveAudit({ ...word, pass: move.pass, reason: "looked at" });
      default:
        return await keeper.advanceRollout({ ...word, to: move.to });
    }
  }

  async #goOn({ contract, verdicts }: ContractRecord): Promise<unknown> {
    const { keeper } = this.#process;
    const { contractId, state, version, planHash = "" } = contract;
    const word = { contractId, actor: "linus" };
    if (state === "ELIGIBLE")
      return await keeper.review({ ...word, expectedVersion: version, decision: "approve", comment: "", planHash });
    if (state === "APPROVED") return await keeper.activate(word);
    if (verdicts.audit?.decision === "INCONCLUSIVE")
      return await keeper.resolveAudit({ ...word, pass: true, reason: "it is well" });
    if (state === "COMPLETED") return await keeper.advanceRollout({ ...word, to: "INTERNAL" });
    return undefined;
  }

  async #execute({ actor, job, steps }: Move & { readonly do: "execute" }, seen: ContractRecord): Promise<unknown> {
    const { contractId } = seen.contract;
    const approved = contractPlan(contractId, seen.request).job;
    const others: readonly JobStep[] = approved.steps.map((step) => ({ ...step, target: "capability/legacy" }));
    const asked = steps === "approved" ? { ...approved } : { ...approved, executedBy: actor, steps: others };
    const { result } = await this.#process.runner.submit({ ...asked, jobId: `${contractId}.${job}` });
    return await result;
  }

  #handler(name: string, parts: Parts): StepType {
    let calls = 0;
    const execute: StepType["handler"]["execute"] = ({ target: key }, { idempotencyKey }) => {
      this.calls.set(idempotencyKey, (this.calls.get(idempotencyKey) ?? 0) + 1);
      const behaviour = this.#behaviours[calls % this.#behaviours.length] ?? "sound";
      calls += 1;
      this.#behave(behaviour, { ...parts, key, idempotencyKey });
      return { success: true, output: { key, after: "enabled" } };
    };
    return {
      name,
      capability: name,
      version: "1",
      checkParameters: () => [],
      handler: { execute },
    } as unknown as StepType; // the members that the machine uses
  }

  #behave(
    behaviour: Behaviour,
    { platform, write, key, idempotencyKey }: Parts & { readonly key: string; readonly idempotencyKey: string },
  ): void {
    const { signals } = this.world;
    const [source, scope, reason] = ["handler", key.slice("capability/".length), "so it says"];
    if (behaviour === "throwing") throw new Error("it cannot be done");
    if (behaviour === "idle") return;
    if (behaviour === "blinding") signals.report({ source, scope, status: "UNKNOWN", reason });
    if (behaviour === "alarming") signals.report({ source, scope, status: "DEGRADED", reason });
    if (behaviour === "hiding")
      write(
        "INSERT INTO resource (key, value) VALUES ('configuration/hidden', '1') ON CONFLICT DO UPDATE SET value = value + 1",
      );
    if (behaviour === "elsewhere") platform.set("configuration/elsewhere", idempotencyKey, idempotencyKey);
    else platform.perform({ idempotencyKey, key, value: behaviour === "opposite" ? "disabled" : "enabled" });
  }

  [Symbol.dispose](): void {
    this.#life.end();
    this.world[Symbol.dispose]();
  }
}

function isAtRest({ contract, verdicts }: ContractRecord): boolean {
  return contract.state !== "ACTIVE" || verdicts.audit?.decision === "INCONCLUSIVE";
}

function requestOf({ capabilities, type, reference, actor }: Move & { readonly do: "submit" }) {
  const word = type === "capability_enable" ? "enable" : "disable";
  return {
    ...enable("", `T-${reference}`),
    submittedBy: actor,
    title: `${word} the capability ${capabilities.join(" and ")}`,
    description: `Please ${word} the capability ${capabilities.join(" and the capability ")}.`,
    changes: capabilities.map((capability) => ({ type, capability })),
    capabilities,
  };
}
