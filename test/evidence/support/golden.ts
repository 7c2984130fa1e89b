import type { RecordDraft } from "#evidence";
import { AT, draft, stepStarted, stepSucceeded } from "./drafts.ts";

const step = { job_id: "golden", contract_id: "contract-1" };

/** What the golden log says: every kind of member once, with texts that are easy to write wrong. */
export const goldenDrafts: readonly RecordDraft[] = [
  draft("run.created", {
    job_id: "golden",
    contract_id: "contract-1",
    schema: "evidence/v1",
    executor_version: "1.0.0",
    steps_declared: 3,
    plan_hash: "P".repeat(43),
    plan: { steps: [{ step_index: 0 }] },
    job_keys: ["job"],
    recovery: "operator",
  }),
  draft("job.started", { ...step, job_key: "job" }),
  stepStarted(0, {
    ...step,
    idempotency_key: "golden/0",
    inputs_hash: "I".repeat(43),
    epoch: 7,
    health: { status: "HEALTHY", signals: { b: 1, a: 2 } },
  }),
  stepSucceeded(0, {
    ...step,
    output: { z: 1, a: [1.5, -2, 1e21, true, null], "": '\u20ac \u{1f600} \u2028 " \\ / \n' },
    health: { status: "DEGRADED", signals: {} },
    health_error: "the observer gave no answer within 1000 ms",
  }),
  stepStarted(1, step),
  stepSucceeded(1, { ...step, output: { $blob: "D".repeat(43), size: 9000 } }),
  stepStarted(2, step),
  draft("step.failed", {
    ...step,
    step_index: 2,
    step_type: "test.echo",
    target: "",
    status: "FAILED",
    error_class: "timeout",
    reason: "timed out after 0.5 s",
    output: null,
    late: "running",
    started_at: AT,
    duration_seconds: 0.5,
  }),
  draft("job.failed", {
    ...step,
    job_key: "job",
    status: "FAILED",
    error_class: "timeout",
    reason: "Step 2 failed: timed out after 0.5 s",
    duration_seconds: 1.25,
    started_at: AT,
    health_before: { status: "HEALTHY", signals: {} },
    health: { status: "DEGRADED", signals: {} },
  }),
  draft("artifact.emitted", { data: { name: "a.tar", size: 1 }, attempt: 1 }),
  draft("run.completed", { status: "failed", reason: "Step 2 failed: timed out after 0.5 s" }),
];
