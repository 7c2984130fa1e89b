import type { EvidenceRecord } from "../record.ts";
import type { SealedJob } from "./statement.ts";

const STATUS = {
  "job.started": "running",
  "job.succeeded": "succeeded",
  "job.failed": "failed",
  "job.skipped": "skipped",
  "job.compensated": "compensated",
} as const;

/** What became of the jobs of a plan, as their records tell it: the declared ones in their order, then those that belong to one. */
export class JobSummaries {
  readonly #jobs = new Map<string, SealedJob>();
  #stepsDeclared = 0;

  constructor(declaredKeys: readonly string[]) {
    for (const key of declaredKeys) this.#jobs.set(key, { key, attempts: 0, status: "pending" });
  }

  /** Steps that all attempts together have declared. */
  get stepsDeclared(): number {
    return this.#stepsDeclared;
  }

  get jobs(): SealedJob[] {
    return [...this.#jobs.values()];
  }

  /** Takes the next record, whatever it is about. */
  add({ event_type: type, job_key: key, status, steps_declared: steps = 0 }: EvidenceRecord): void {
    if (key === undefined) return;
    const job = this.#jobs.get(key) ?? { key, attempts: 0, status: "pending" };
    if (type === "run.override_applied") {
      if (status === "succeeded") this.#jobs.set(key, { ...job, status: "succeeded", marked: true });
      return;
    }
    if (!(type in STATUS)) return;
    const started = type === "job.started" ? 1 : 0;
    if (started === 1) this.#stepsDeclared += steps;
    const next = STATUS[type as keyof typeof STATUS]; // as: it is one of them
    this.#jobs.set(key, { ...job, attempts: job.attempts + started, status: next });
  }
}
