import { resultOf, stepResultOf } from "#api";
import type { VerbatimClient } from "#api";
import type { ExecutionResult, Job, StepReference, StepResult } from "#model";
import { Fault } from "#model";
import { stepView, unperformed } from "./views/run-view.ts";
import type { LogHead, StepView } from "./views/run-view.ts";

/** One message of a job's stream. */
export type StepEvents = Pick<
  ReturnType<VerbatimClient["executor"]["watchJob"]> extends AsyncGenerator<infer Message> ? Message : never,
  "events"
>;

/** One record of evidence as the wire brings it. */
export type StepEvent = StepEvents["events"][number];

/** What a person is told of an event; `end` comes last. */
export type Told = { readonly seq: number; readonly hash: string } & (
  | { readonly kind: "started" | "ended"; readonly step: StepView }
  | { readonly kind: "end"; readonly result: ExecutionResult }
);

/** Puts the stream of a job together again: the last event leaves out what the ones before have told. */
export class JobFollower {
  readonly #job: Job;
  readonly #results: StepResult[] = [];
  #end: { readonly result: ExecutionResult; readonly log: LogHead } | undefined;

  constructor(job: Job) {
    this.#job = job;
  }

  /** Takes the next event. @throws {Fault} INTERNAL for one that this version does not know. */
  take({ seq, hash, event }: StepEvent): Told {
    const place = { seq: Number(seq), hash };
    switch (event.case) {
      case "started":
        return { ...place, kind: "started", step: unperformed(referenceOf(event.value.step), "running") };
      case "stepResult": {
        const result = stepResultOf(event.value);
        this.#results.push(result);
        return { ...place, kind: "ended", step: stepView(result) };
      }
      case "inDoubt":
        return { ...place, kind: "ended", step: unperformed(referenceOf(event.value), "in doubt") };
      case "executionResult": {
        const result = this.#whole(resultOf(event.value));
        this.#end = { result, log: { records: place.seq + 1, head: hash } };
        return { ...place, kind: "end", result };
      }
      default:
        throw new Fault("INTERNAL", "The server sent an event that this version does not know.");
    }
  }

  /** The whole result, once the stream has ended. @throws {Fault} INTERNAL if it ended without one. */
  ended(): { readonly result: ExecutionResult; readonly log: LogHead } {
    if (this.#end !== undefined) return this.#end;
    throw new Fault("INTERNAL", `The stream of job ${this.#job.jobId} ended before the job did.`);
  }

  #whole(result: ExecutionResult): ExecutionResult {
    const touched = new Set([...this.#results, ...result.stepsInDoubt].map((step) => step.stepIndex));
    const stepsNotRun = this.#job.steps.filter((step) => !touched.has(step.stepIndex)).map(referenceOf);
    return { ...result, stepResults: this.#results, stepsNotRun };
  }
}

function referenceOf(step: StepReference | undefined): StepReference {
  const { stepIndex = 0, stepType = "", target = "" } = step ?? {};
  return { stepIndex, stepType, target };
}
