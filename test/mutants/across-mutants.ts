import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change; tests: string }): Mutant =>
    mutant(name, "docs/adr/0035", { file: `src/${file}.ts`, change, tests });

const [rows, taken] = [at("queue/call-boxes/postgres/call-rows"), at("queue/call-boxes/postgres/calls-taken")];
const [recovery, schedules] = [at("orchestration/run/recover-plan-run"), at("orchestration/schedule/scheduler")];

const BOX = "queue/call-box";

/** Mistakes in how what is asked of a run reaches the process that holds it. */
export const ACROSS_MUTANTS: readonly Mutant[] = [
  rows("call-carried-out-by-each-that-believes-to-hold-the-run", {
    change: [
      "WHERE call_id = $1 AND taken_by IS NULL\n        AND asked_at",
      "WHERE call_id = $1\n        AND asked_at",
    ],
    tests: BOX,
  }),
  rows("call-that-was-forgotten-is-carried-out", {
    change: [
      "AND taken_by IS NULL\n        AND asked_at >",
      "AND taken_by IS NULL\n        AND now() - interval '1 day' + (clock_timestamp() - asked_at) < now() AND now() >",
    ],
    tests: BOX,
  }),
  rows("call-is-not-withdrawn", {
    change: [
      "DELETE FROM $.calls_1 WHERE call_id = $1 AND taken_by IS NULL RETURNING call_id",
      "SELECT call_id FROM $.calls_1 WHERE call_id = $1 AND taken_by IS NULL",
    ],
    tests: BOX,
  }),
  taken("no-sign-of-life-while-a-call-is-carried-out", {
    change: ["if (ids.length > 0) this.#options.rows", "if (ids.length > 100) this.#options.rows"],
    tests: BOX,
  }),
  taken("call-to-a-run-of-others-is-taken", {
    change: ["if (!this.#options.service.holds(runId)) return;", ""],
    tests: BOX,
  }),
  taken("closed-box-leaves-what-it-carries-out", {
    change: ["await Promise.all(this.#carriedOut.values());", ""],
    tests: BOX,
  }),
  recovery("run-that-was-handed-on-is-called-interrupted", {
    change: ["if (drives && wasHandedOn(run, store)) return found(run, { interrupted, atWorkers });", ""],
    tests: "e2e/schedulers",
  }),
  schedules("firing-skipped-for-its-own-run", {
    change: ["runId !== firing && scheduledTime", "scheduledTime"],
    tests: "orchestration/schedule/scheduler",
  }),
];
