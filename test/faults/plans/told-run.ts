import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import { PlannedJobStatus, RunStatus } from "../../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import type { Run } from "../../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import type { RandomPlan } from "./random-plan.ts";

/** States in which nobody outside has anything to say any more. */
const ENDED: ReadonlySet<RunStatus> = new Set([RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED]);

/** Somebody else was first, or the moment is over: the next look says what is to be done. */
const TOO_LATE: ReadonlySet<string> = new Set(["RUN_ACTIVE", "GATE_CLOSED", "RUN_ENDED", "INVALID_REQUEST"]);

/** One run that a client asked for, all that it was told of it, and all that it said to it. */
export class ToldRun {
  readonly runId: string;
  readonly plan: RandomPlan;
  /** Hashes by sequence number. */
  readonly told = new Map<number, string>();
  /** Jobs whose gate was approved, as the answer told. */
  readonly approved = new Set<string>();
  /** Jobs in doubt that were told to run again by a word. */
  reruns = 0;
  /** Whether the acceptance was answered. */
  accepted = false;
  readonly #gates: ReadonlySet<string>;
  readonly #operators: ReadonlySet<string>;

  constructor(runId: string, plan: RandomPlan) {
    this.runId = runId;
    this.plan = plan;
    this.#gates = new Set(
      plan.jobs.filter(({ gate, kind }) => gate === "manual" && kind !== "held").map((job) => job.key),
    );
    this.#operators = new Set(plan.jobs.filter(({ recovery }) => recovery === "operator").map(({ key }) => key));
  }

  /** Asks for the run; the same request again is answered with the run that is there. */
  async create(client: VerbatimClient): Promise<void> {
    await client.runs.createRun({ plan: { text: this.plan.text, name: "random" }, runId: this.runId, actor: "ada" });
    this.accepted = true;
  }

  /** The run as the server tells it; undefined if it knows none. */
  async look(client: VerbatimClient): Promise<Run | undefined> {
    try {
      return (await client.runs.getRun({ runId: this.runId })).run;
    } catch (error) {
      if (error instanceof Fault && error.code === "RUN_NOT_FOUND") return undefined;
      throw error;
    }
  }

  /** Takes down what is told until the stream ends, and says what has to be said: gates, and jobs in doubt. */
  async watch(client: VerbatimClient): Promise<void> {
    const last = Math.max(-1, ...this.told.keys());
    const afterSeq = last === -1 ? {} : { afterSeq: BigInt(last) };
    for await (const { events } of client.runs.watchRun({ runId: this.runId, ...afterSeq })) {
      for (const { seq, hash } of events) this.told.set(Number(seq), hash);
      if (events.some(({ eventType }) => eventType === "gate.opened" || eventType === "run.state_changed"))
        await this.tend(client);
    }
  }

  /** Approves what waits for an approval, and lets what is in doubt run again. Answers whether the run has come to its rest. */
  async tend(client: VerbatimClient): Promise<boolean> {
    const run = await this.look(client);
    if (run === undefined || ENDED.has(run.status)) return true;
    for (const job of run.jobs) if (job.gateOpen && this.#gates.has(job.key)) await this.#approve(client, job.key);
    if (run.status !== RunStatus.BLOCKED) return false;
    const inDoubt = run.jobs.filter(({ status }) => status === PlannedJobStatus.IN_DOUBT).map(({ key }) => key);
    if (inDoubt.length > 0) await this.#rerun(client, inDoubt);
    return inDoubt.length === 0 && run.jobs.some(({ key, gateOpen }) => gateOpen && !this.#gates.has(key));
  }

  async #approve(client: VerbatimClient, jobKey: string): Promise<void> {
    const word = { runId: this.runId, jobKey, actor: "bo", reason: "fine" };
    if (await inTime(client.runs.approveGate({ word }))) this.approved.add(jobKey);
  }

  async #rerun(client: VerbatimClient, inDoubt: readonly string[]): Promise<void> {
    const rerun = inDoubt.filter((key) => this.#operators.has(key));
    const said = { runId: this.runId, actor: "operator", reason: "looked: it may run again", rerun };
    if (await inTime(client.runs.resumeRun(said))) this.reruns += rerun.length;
  }

  /** Whether nobody drives the run although nobody has to say anything: what a start has to mend. */
  async isLeft(client: VerbatimClient): Promise<boolean> {
    const run = await this.look(client);
    if (run === undefined || run.status !== RunStatus.BLOCKED) return false;
    const waitsForWord = ({ key, status, gateOpen }: Run["jobs"][number]): boolean =>
      gateOpen || (status === PlannedJobStatus.IN_DOUBT && this.#operators.has(key));
    return !run.jobs.some(waitsForWord);
  }
}

async function inTime(saying: Promise<unknown>): Promise<boolean> {
  try {
    await saying;
    return true;
  } catch (error) {
    if (error instanceof Fault && TOO_LATE.has(error.code)) return false;
    throw error;
  }
}
