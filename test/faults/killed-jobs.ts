import type { VerbatimClient } from "#api";
import { resultOf } from "#api";
import { Fault } from "#model";

/** One job that a client asked for, and all that it was told of it. */
export class KilledJob {
  readonly jobId: string;
  readonly request;
  /** Hashes by sequence number. */
  readonly told = new Map<number, string>();

  constructor({
    jobId,
    file,
    waits,
  }: {
    readonly jobId: string;
    readonly file: string;
    readonly waits: readonly number[];
  }) {
    this.jobId = jobId;
    this.request = {
      jobId,
      contractId: "contract-1",
      steps: waits.map((before_ms, stepIndex) => ({
        stepIndex,
        stepType: "append",
        target: file,
        parameters: { file, before_ms },
      })),
    };
  }

  /** The exact lines of the job's log; undefined if the server knows no such job. */
  async readLog(client: VerbatimClient): Promise<readonly string[] | undefined> {
    const lines: string[] = [];
    try {
      for await (const page of client.evidence.readLog({ runId: this.jobId })) {
        for (const { line } of page.lines) lines.push(Buffer.from(line).toString("utf8"));
      }
      return lines;
    } catch (error) {
      if (error instanceof Fault && error.code === "RUN_NOT_FOUND") return undefined;
      throw error;
    }
  }

  /** Asks for an interrupted job in every way: each must tell of the same step in doubt, and none may run anything. */
  async askAgain(client: VerbatimClient, inDoubt: number): Promise<readonly string[]> {
    const { jobId, request } = this;
    const problems: string[] = [];
    const { result: got } = await client.executor.getJob({ jobId });
    const { result: again, attached } = await client.executor.executeJob(request);
    if (!attached) problems.push("was executed anew for the same request");
    for (const result of [got, again]) {
      const doubts = result === undefined ? [] : resultOf(result).stepsInDoubt.map(({ stepIndex }) => stepIndex);
      if (doubts.join() !== String(inDoubt))
        problems.push(`tells of steps in doubt [${doubts.join()}], expected ${inDoubt}`);
    }
    const lastTold = Math.max(-1, ...this.told.keys());
    const kinds: (string | undefined)[] = [];
    const afterSeq = lastTold === -1 ? {} : { afterSeq: BigInt(lastTold) };
    for await (const { events } of client.executor.watchJob({ jobId, ...afterSeq })) {
      for (const { seq, hash, event } of events) {
        this.told.set(Number(seq), hash);
        kinds.push(event.case);
      }
    }
    if (kinds.slice(-2).join() !== "inDoubt,executionResult") problems.push(`its stream goes on with ${kinds.join()}`);
    return problems.map((problem) => `${jobId}: ${problem}`);
  }
}

/** All jobs that were ever asked for. */
export class KilledJobs {
  readonly #jobs = new Map<string, KilledJob>();

  add(options: ConstructorParameters<typeof KilledJob>[0]): KilledJob {
    const job = new KilledJob(options);
    this.#jobs.set(job.jobId, job);
    return job;
  }

  /** What was told of a job. */
  told(jobId: string): ReadonlyMap<number, string> {
    return this.#jobs.get(jobId)?.told ?? new Map();
  }

  /** Jobs of which something was told. */
  toldIds(): readonly string[] {
    return [...this.#jobs.values()].filter(({ told }) => told.size > 0).map(({ jobId }) => jobId);
  }

  get size(): number {
    return this.#jobs.size;
  }

  get eventsTold(): number {
    return [...this.#jobs.values()].reduce((sum, { told }) => sum + told.size, 0);
  }
}
