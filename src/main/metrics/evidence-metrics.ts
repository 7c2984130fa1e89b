import { Histogram } from "prom-client";
import type { Registry } from "prom-client";
import type { LogStoreOptions, WrittenCommit } from "#evidence";
import { oneIf, readCounter, readGauge } from "./families.ts";

type Appends = Parameters<NonNullable<LogStoreOptions["onCommit"]>>[0];
type Recorded = Appends[number]["records"][number]["record"];

const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const RECORDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024];
const STATUSES = ["succeeded", "failed", "cancelled", "skipped"] as const;
type Ended = Record<(typeof STATUSES)[number], number>;

/** The evidence store and what its records say of runs and jobs. A record costs a few additions. */
export class EvidenceMetrics {
  readonly #registers: Registry[];
  readonly #seconds: Histogram;
  readonly #records: Histogram;
  readonly #counts = { appends: 0, records: 0, runsStarted: 0, jobsStarted: 0, jobsRetried: 0 };
  readonly #runs: Ended = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  readonly #jobs: Ended = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };

  constructor(registers: Registry[]) {
    this.#registers = registers;
    this.#seconds = new Histogram({
      name: "verbatim_evidence_commit_duration_seconds",
      help: "From the beginning of a commit until it was durable. From 0 at each start.",
      buckets: SECONDS,
      registers,
    });
    this.#records = new Histogram({
      name: "verbatim_evidence_commit_records",
      help: "Records of one commit. From 0 at each start.",
      buckets: RECORDS,
      registers,
    });
    this.#addCounters();
  }

  /** Takes note of one write. */
  readonly onWritten = ({ appends, records, milliseconds }: WrittenCommit): void => {
    this.#counts.appends += appends;
    this.#counts.records += records;
    this.#seconds.observe(milliseconds / 1000);
    this.#records.observe(records);
  };

  /** Takes note of what was written. */
  onCommit(appends: Appends): void {
    for (const { records } of appends) for (const { record } of records) this.#take(record);
  }

  #take({ event_type: type, status }: Recorded): void {
    switch (type) {
      case "run.created":
        this.#counts.runsStarted += 1;
        break;
      case "run.completed":
        if (status === "succeeded" || status === "cancelled") this.#runs[status] += 1;
        else this.#runs.failed += 1;
        break;
      case "job.started":
        this.#counts.jobsStarted += 1;
        break;
      case "job.retried":
        this.#counts.jobsRetried += 1;
        break;
      case "job.succeeded":
        this.#jobs.succeeded += 1;
        break;
      case "job.failed":
        this.#jobs[status === "CANCELLED" ? "cancelled" : "failed"] += 1;
        break;
      case "job.skipped":
        this.#jobs.skipped += 1;
        break;
      default:
    }
  }

  #addCounters(): void {
    const registers = this.#registers;
    const counts = this.#counts;
    const count = (name: string, help: string, read: () => number): void =>
      readCounter({ name, help: `${help} From 0 at each start.`, registers, read: () => [{ value: read() }] });
    count("verbatim_evidence_appends_total", "Appends that became durable.", () => counts.appends);
    count("verbatim_evidence_records_total", "Records that became durable.", () => counts.records);
    count("verbatim_runs_started_total", "Runs whose log was begun.", () => counts.runsStarted);
    count("verbatim_jobs_started_total", "Attempts at jobs that were begun.", () => counts.jobsStarted);
    count("verbatim_jobs_retried_total", "Jobs of plans that were tried again.", () => counts.jobsRetried);
    const ended = (name: string, { help, of, left }: EndedFamily): void =>
      readCounter({
        name,
        help: `${help} From 0 at each start.`,
        labelNames: ["status"],
        registers,
        read: () =>
          STATUSES.filter((status) => status !== left).map((status) => ({ labels: { status }, value: of[status] })),
      });
    ended("verbatim_runs_ended_total", { help: "Runs that ended, by status.", of: this.#runs, left: "skipped" });
    ended("verbatim_jobs_ended_total", { help: "Attempts at jobs that ended, by status.", of: this.#jobs });
  }

  /** Says where it is known whether a store has halted. */
  connect(halted: () => Readonly<Record<string, boolean>>): void {
    readGauge({
      name: "verbatim_evidence_halted",
      help: "1 = the store takes no more records after a failed write, until a new start.",
      labelNames: ["store"],
      registers: this.#registers,
      read: () => Object.entries(halted()).map(([store, yes]) => ({ labels: { store }, value: oneIf(yes) })),
    });
  }
}

interface EndedFamily {
  readonly help: string;
  readonly of: Ended;
  /** A status that there is not. */
  readonly left?: (typeof STATUSES)[number];
}
