import { createHash } from "node:crypto";
import { assert, Fault } from "#model";
import { canonicalJson } from "../canonical-json.ts";
import { chainHash, genesis, openLine } from "../chain.ts";
import { MerkleTree } from "../merkle.ts";
import type { EvidenceRecord, StoredRecord } from "../record.ts";
import { JobSummaries } from "./job-summaries.ts";
import { sealStatement } from "./statement.ts";
import type { SealedStep, SealSubject } from "./statement.ts";

/** The name of a run's log, wherever it is kept as a file. */
export const LOG_FILE = "events.jsonl";

const NO_STEPS = '"steps":[]';

const STEP_ENDS = { "step.succeeded": "succeeded", "step.failed": "failed", "step.in_doubt": "in_doubt" } as const;

/** Takes in a run's log, line by line, and says what is to be sealed of it. A function of the lines alone. */
export class RunSummary {
  readonly #file = createHash("sha256");
  readonly #tree = new MerkleTree();
  /** Each as canonical JSON: of ten thousand steps texts take a fraction of what objects do. */
  readonly #steps: string[] = [];
  readonly #ends: Record<SealedStep["status"], number> = { succeeded: 0, failed: 0, in_doubt: 0 };
  readonly #started = new Map<string, number>();
  readonly #artifacts: SealSubject[] = [];
  readonly #earlierEnds: { size: number; head: string }[] = [];
  /** Of the run of a plan alone: the statement about a single job is as it always was. */
  #jobs: JobSummaries | undefined;
  #starts = 0;
  #checkpoints = 0;
  #first: EvidenceRecord | undefined;
  #last: EvidenceRecord | undefined;
  #previous: string;

  constructor(runId: string) {
    this.#previous = genesis(runId);
  }

  /** Takes the next line. @throws {Fault} EVIDENCE_BROKEN if it is not chained to the ones before: such a log is not sealed. */
  add({ line, record }: StoredRecord): void {
    const opened = openLine(line);
    if (opened === undefined || chainHash(this.#previous, opened.body) !== opened.hash) {
      const text = `Record ${this.#tree.size} of the log does not fit the ones before it, so it is not sealed: verify it.`;
      throw new Fault("EVIDENCE_BROKEN", text);
    }
    this.#previous = opened.hash;
    this.#file.update(line).update("\n");
    this.#tree.add(line);
    if (this.#first === undefined) this.#begin(record);
    if (this.#last?.event_type === "run.completed")
      this.#earlierEnds.push({ size: this.#last.seq + 1, head: this.#last.hash });
    this.#last = record;
    this.#jobs?.add(record);
    if (record.event_type === "log.checkpoint") this.#checkpoints += 1;
    else if (record.event_type === "artifact.emitted") this.#addArtifact(record);
    else if (record.event_type === "step.started") {
      this.#starts += 1;
      this.#started.set(stepName(record), record.seq);
    } else if (record.event_type in STEP_ENDS) this.#addEnd(record, record.event_type as keyof typeof STEP_ENDS); // as: it is one of them
  }

  #begin(record: EvidenceRecord): void {
    this.#first = record;
    if (record.steps_declared === undefined && record.job_keys !== undefined)
      this.#jobs = new JobSummaries(record.job_keys);
  }

  #addEnd(record: EvidenceRecord, type: keyof typeof STEP_ENDS): void {
    const startedSeq = this.#started.get(stepName(record));
    this.#started.delete(stepName(record));
    const step: SealedStep = {
      ...(record.job_key !== undefined && { job_key: record.job_key }),
      ...(record.job_id !== undefined && { job_id: record.job_id }),
      attempt: record.attempt,
      step_index: record.step_index ?? 0,
      status: STEP_ENDS[type],
      ...(startedSeq !== undefined && { started_seq: startedSeq }),
      ended_seq: record.seq,
      hash: record.hash,
      ...(record.outputs_hash !== undefined && { outputs_hash: record.outputs_hash }),
    };
    this.#ends[step.status] += 1;
    this.#steps.push(canonicalJson(step));
  }

  #addArtifact({ data }: EvidenceRecord): void {
    const { path, sha256 } = data ?? {};
    if (typeof path === "string" && typeof sha256 === "string")
      this.#artifacts.push({ name: path, digest: { sha256 } });
  }

  /** The statement about a log that has ended, as canonical JSON. */
  statement(): string {
    const [first, last] = [this.#first, this.#last];
    assert(first !== undefined && last?.event_type === "run.completed", "a log is sealed when it has ended");
    const statement = sealStatement(
      [{ name: LOG_FILE, digest: { sha256: this.#file.digest("hex") } }, ...this.#artifacts],
      {
        run_id: first.run_id,
        status: last.status ?? "",
        ...(last.reason !== undefined && { reason: last.reason }),
        size: this.#tree.size,
        head: last.hash,
        merkle_root: this.#tree.root().toString("base64url"),
        plan_hash: first.plan_hash ?? "",
        ...(first.executor_version !== undefined && { executor_version: first.executor_version }),
        counts: {
          declared: first.steps_declared ?? this.#jobs?.stepsDeclared ?? 0,
          started: this.#starts,
          ...this.#ends,
          checkpoints: this.#checkpoints,
        },
        ...(this.#jobs !== undefined && { jobs: this.#jobs.jobs }),
        steps: [],
        ...(this.#earlierEnds.length > 0 && { earlier_ends: this.#earlierEnds }),
      },
    );
    const text = canonicalJson(statement);
    const at = text.indexOf(NO_STEPS); // within a text its quotes would be escaped
    assert(at !== -1, "a statement has its steps");
    return `${text.slice(0, at)}"steps":[${this.#steps.join(",")}]${text.slice(at + NO_STEPS.length)}`;
  }
}

function stepName({
  job_key: jobKey = "",
  job_id: jobId = "",
  attempt,
  step_index: stepIndex = 0,
}: EvidenceRecord): string {
  return `${jobKey}\n${jobId}\n${attempt}\n${stepIndex}`;
}
