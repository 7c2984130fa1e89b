import { setTimeout as pause } from "node:timers/promises";
import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import { randomPlan } from "../plans/random-plan.ts";
import { ToldRun } from "../plans/told-run.ts";
import { commandJob, PLAIN_EFFECT } from "./command-job.ts";
import type { KilledSlot } from "./killed-slot.ts";

const MOST_JOBS = 4;
const MOST_STEPS = 3;
const MOST_SECONDS = 0.6;
const ASK_AGAIN_MS = 20;
const SAY_AGAIN_MS = 500;

/** What a run is drawn from. */
export interface ClusterRunOptions {
  readonly random: () => number;
  /** File that every step appends to. */
  readonly effects: string;
  readonly kind: "job" | "plan";
}

/** A run that a client wants, whichever node answers: a small plan, or a direct job. */
export class ClusterRun {
  readonly runId: string;
  /** Absent: it is a direct job. */
  readonly plan: ToldRun | undefined;
  /** What was broken on the way, in words. */
  readonly problems: string[] = [];
  brokenCalls = 0;
  readonly #random: () => number;
  readonly #job: ReturnType<typeof commandJob> | undefined;

  constructor(runId: string, { random, effects, kind }: ClusterRunOptions) {
    this.runId = runId;
    this.#random = random;
    if (kind === "plan")
      this.plan = new ToldRun(runId, randomPlan({ random, effects, mostJobs: MOST_JOBS, mild: true }));
    else
      this.#job = commandJob(
        runId,
        Array.from({ length: 1 + Math.floor(random() * MOST_STEPS) }, () => {
          const ends = random() < 0.1 ? "exit 1" : "exit 0";
          return [`sleep "$2"; ${PLAIN_EFFECT}; ${ends}`, "sh", effects, (random() * MOST_SECONDS).toFixed(3)];
        }),
      );
  }

  /** Asks one node after the other until the run has ended, and says what has to be said to it. */
  async drive(nodes: readonly KilledSlot[], { patienceMs }: { readonly patienceMs: number }): Promise<void> {
    const patience = new AbortController();
    const late = pause(patienceMs, "late" as const, { signal: patience.signal }).catch(() => "late" as const);
    try {
      let end: "ended" | "again" | "late" = "again";
      while (end === "again") end = await Promise.race([this.#askOne(nodes), late]);
      if (end === "late") this.problems.push(`${this.runId}: has not ended after ${patienceMs} ms`);
    } finally {
      patience.abort();
    }
  }

  async #askOne(nodes: readonly KilledSlot[]): Promise<"ended" | "again"> {
    const node = nodes[Math.floor(this.#random() * nodes.length)]?.up;
    try {
      if (node?.client !== undefined && (await this.#ask(node.client))) return "ended";
    } catch (error) {
      if (node?.killed === true) this.brokenCalls += 1;
      else if (!isHeldElsewhere(error)) this.problems.push(`${this.runId}: ${String(error)}`);
    }
    await pause(ASK_AGAIN_MS);
    return "again";
  }

  async #ask(client: VerbatimClient): Promise<boolean> {
    if (this.plan === undefined) {
      const { result } = await client.executor.executeJob(this.#job ?? {}); // one of both is there
      return result !== undefined;
    }
    if (!this.plan.accepted) await this.plan.create(client);
    return await this.#attend(this.plan, client);
  }

  /** Watches a run to its end. A word that came too soon, or to the wrong node, is said again: no event may follow. */
  async #attend(plan: ToldRun, client: VerbatimClient): Promise<boolean> {
    const watching = plan.watch(client).then(() => true);
    watching.catch(() => undefined); // told below, unless a word was refused before
    for (;;) {
      const over = await Promise.race([watching, pause(SAY_AGAIN_MS, false)]);
      if (await plan.tend(client)) return true;
      if (over) return false;
    }
  }
}

/** Words to a run are for the node that holds it. */
function isHeldElsewhere(error: unknown): boolean {
  return error instanceof Fault && error.code === "RUN_FENCED";
}
