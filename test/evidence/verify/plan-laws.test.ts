import { describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { RecordDraft } from "#evidence";
import { draft, resumed } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { referenceLines } from "../support/reference-format.ts";
import {
  about,
  attemptAt,
  begun,
  doubtful,
  end,
  failing,
  jobBad,
  jobOk,
  PLAN_RUN,
  planned,
  start,
  state,
  stepBad,
  stepOk,
  stepStart,
  whole,
} from "./support/plan-run.ts";
import type { PlannedJob } from "./support/plan-run.ts";

const chain: readonly PlannedJob[] = [{ key: "a" }, { key: "b", needs: ["a"] }];
const one: readonly PlannedJob[] = [{ key: "a", steps: 3 }];
const gated: readonly PlannedJob[] = [{ key: "a", gate: "manual" }];
const marked = (key: string): RecordDraft =>
  about("run.override_applied", key, { status: "succeeded", reason: "seen" });
const retried = about("job.retried", "a", { attempt: 1, reason: "no", data: { delay_ms: 2000 } });
const back = resumed({ status: "rolling_back" });
const artifact = (key: string | undefined): RecordDraft =>
  draft("artifact.emitted", { job_key: key, data: { path: "out", sha256: "0".repeat(64), size: 1 } });

async function report(records: readonly RecordDraft[]) {
  return await verifyLines(referenceLines(PLAN_RUN, records, eventIds()));
}

describe("a log of the run of a plan keeps the laws", () => {
  test.each<[string, readonly RecordDraft[]]>([
    ["jobs one after the other", [...begun(chain), ...whole("a"), ...whole("b"), end("succeeded")]],
    [
      "jobs side by side, whose records interleave",
      [
        ...begun([{ key: "a" }, { key: "b" }]),
        start("a"),
        start("b"),
        stepStart("b"),
        stepStart("a"),
        stepBad("b"),
        stepOk("a"),
        jobBad("b"),
        jobOk("a"),
        end("failed"),
      ],
    ],
    [
      "a plan that lies beside the log",
      [
        planned(chain, { plan: { $blob: "A".repeat(43), size: 1 }, plan_hash: "A".repeat(43) }),
        ...whole("a"),
        ...whole("b"),
        end("succeeded"),
      ],
    ],
    [
      "a job that is tried again",
      [...begun(chain), ...failing("a"), retried, ...whole("a", { attempt: 1 }), ...whole("b"), end("succeeded")],
    ],
    [
      "a job that is skipped after its need has failed",
      [...begun(chain), ...failing("a"), about("job.skipped", "b"), end("failed")],
    ],
    [
      "a failed run that is resumed and succeeds",
      [
        ...begun(chain),
        ...failing("a"),
        about("job.skipped", "b"),
        end("failed"),
        resumed(),
        ...whole("a", { attempt: 1 }),
        ...whole("b"),
        end("succeeded"),
      ],
    ],
    [
      "a failed run that is resumed and fails again",
      [
        ...begun(chain),
        ...failing("a"),
        about("job.skipped", "b"),
        end("failed"),
        resumed(),
        ...failing("a", { attempt: 1 }),
        about("job.skipped", "b"),
        end("failed"),
      ],
    ],
    [
      "a job that is marked after it failed",
      [
        ...begun(chain),
        ...failing("a"),
        about("job.skipped", "b"),
        end("failed"),
        resumed(),
        marked("a"),
        ...whole("b"),
        end("succeeded"),
      ],
    ],
    ["a job that is marked and never ran", [...begun(chain), marked("a"), ...whole("b"), end("succeeded")]],
    [
      "a job that is marked after it was skipped",
      [
        ...begun(chain),
        ...failing("a"),
        about("job.skipped", "b"),
        end("failed"),
        resumed(),
        marked("b"),
        ...whole("a", { attempt: 1 }),
        end("succeeded"),
      ],
    ],
    [
      "a job that is marked while it is in doubt",
      [...begun(chain), ...doubtful("a", 0), resumed(), marked("a"), ...whole("b"), end("succeeded")],
    ],
    [
      "an override that is about the run",
      [...begun(chain), draft("run.override_applied", { reason: "another plan" }), ...whole("a")],
    ],
    [
      "a job that goes on after the steps that succeeded",
      [
        ...begun(one),
        ...doubtful("a", 1, { steps: 3 }),
        resumed(),
        ...whole("a", { attempt: 1, steps: 2, first: 1 }),
        end("succeeded"),
      ],
    ],
    [
      "a job that goes on twice",
      [
        ...begun(one),
        ...doubtful("a", 1, { steps: 3 }),
        resumed(),
        ...doubtful("a", 1, { attempt: 1, steps: 2, first: 1 }),
        resumed(),
        ...whole("a", { attempt: 2, steps: 1, first: 2 }),
        end("succeeded"),
      ],
    ],
    [
      "a job that goes on behind a step of which a probe knows",
      [
        ...begun(one),
        ...doubtful("a", 1, { steps: 3 }),
        resumed(),
        ...whole("a:probe"),
        ...whole("a", { attempt: 1, steps: 1, first: 2 }),
        end("succeeded"),
      ],
    ],
    [
      "a job that goes on behind a step that somebody resolved",
      [
        ...begun(one),
        ...doubtful("a", 1, { steps: 3 }),
        resumed(),
        draft("step.resolved", { ...attemptAt("a"), step_index: 1, status: "COMPLETED" }),
        ...whole("a", { attempt: 1, steps: 1, first: 2 }),
        end("succeeded"),
      ],
    ],
    [
      "a probe that is asked again after another doubt",
      [
        ...begun(one),
        ...doubtful("a", 0, { steps: 3 }),
        resumed(),
        ...whole("a:probe"),
        ...doubtful("a", 0, { attempt: 1, steps: 2, first: 1 }),
        resumed(),
        ...whole("a:probe", { attempt: 1 }),
        ...whole("a", { attempt: 2, steps: 1, first: 2 }),
        end("succeeded"),
      ],
    ],
    [
      "a gate that a person opens",
      [
        ...begun(gated),
        about("gate.opened", "a"),
        state("blocked"),
        about("gate.approved", "a"),
        state("executing"),
        ...whole("a"),
        end("succeeded"),
      ],
    ],
    [
      "a gate that is rejected, and approved after a resumption",
      [
        ...begun(gated),
        about("gate.opened", "a"),
        about("gate.rejected", "a"),
        about("job.skipped", "a"),
        end("failed"),
        resumed(),
        about("gate.opened", "a"),
        about("gate.approved", "a"),
        ...whole("a"),
        end("succeeded"),
      ],
    ],
    [
      "a hard gate that fails",
      [...begun([{ key: "a", gate: "hard" }]), ...failing("a"), about("gate.failed", "a"), end("failed")],
    ],
    [
      "a run that is rolled back",
      [
        ...begun(chain),
        ...whole("a"),
        ...failing("b"),
        end("failed"),
        back,
        ...whole("a:compensate"),
        about("job.compensated", "a"),
        end("rolled_back"),
      ],
    ],
    [
      "a rollback that fails",
      [
        ...begun(chain),
        ...whole("a"),
        ...failing("b"),
        end("failed"),
        back,
        ...failing("a:compensate"),
        end("failed"),
        back,
        ...whole("a:compensate", { attempt: 1 }),
        about("job.compensated", "a"),
        end("rolled_back"),
      ],
    ],
    [
      "a rollback that a crash has stopped",
      [
        ...begun(chain),
        ...whole("a"),
        ...failing("b"),
        end("failed"),
        back,
        ...doubtful("a:compensate", 0),
        back,
        ...whole("a:compensate", { attempt: 1 }),
        end("rolled_back"),
      ],
    ],
    [
      "a run that a crash has stopped before its first job, and again while it was blocked",
      [
        planned(chain),
        state("preflight_validated"),
        draft("log.recovered"),
        state("blocked"),
        draft("log.recovered"),
        state("blocked"),
        resumed(),
        ...whole("a"),
        ...whole("b"),
        end("succeeded"),
      ],
    ],
    [
      "artifacts of jobs that are declared",
      [...begun(chain), start("a"), stepStart("a"), stepOk("a"), artifact("a"), jobOk("a"), artifact("a")],
    ],
    [
      "a run that is cancelled while a job waits to be tried again",
      [
        ...begun(gated.map(({ key }) => ({ key }))),
        ...failing("a"),
        retried,
        about("job.skipped", "a"),
        end("cancelled"),
      ],
    ],
  ])("%s", async (_case, records) => {
    expect((await report(records)).problems).toEqual([]);
  });

  test("the declared steps of a plan's run are those of all its attempts together", async () => {
    const records = [
      ...begun(one),
      ...doubtful("a", 1, { steps: 3 }),
      resumed(),
      ...whole("a", { attempt: 1, steps: 2, first: 1 }),
    ];
    expect((await report(records)).steps).toEqual({ declared: 5, started: 4, succeeded: 3, failed: 0, inDoubt: 1 });
  });
});

describe("a log of the run of a plan whose chain holds is held to the laws all the same", () => {
  const failedRun = [...begun(chain), ...failing("a"), about("job.skipped", "b"), end("failed")];
  test.each<[string, string, readonly RecordDraft[]]>([
    ["a job that starts before its need has run", "ILLEGAL_TRANSITION 3", [...begun(chain), start("b")]],
    ["a job that starts while its need runs", "ILLEGAL_TRANSITION 4", [...begun(chain), start("a"), start("b")]],
    [
      "a job that starts after its need has failed",
      "ILLEGAL_TRANSITION 7",
      [...begun(chain), ...failing("a"), start("b")],
    ],
    ["a job whose need was skipped", "ILLEGAL_TRANSITION 4", [...begun(chain), about("job.skipped", "a"), start("b")]],
    [
      "a run that succeeds although a job was skipped",
      "WRONG_VERDICT 7",
      [...begun(chain), ...whole("a"), end("succeeded")],
    ],
    [
      "a run that succeeds with a job that says it was skipped",
      "WRONG_VERDICT 8",
      [...begun(chain), ...whole("a"), about("job.skipped", "b"), end("succeeded")],
    ],
    [
      "a run that succeeds after a resumption that ran nothing",
      "WRONG_VERDICT 10",
      [...failedRun, resumed(), end("succeeded")],
    ],
    [
      "a skipped job that starts without a resumption",
      "ILLEGAL_TRANSITION 4",
      [...begun(one), about("job.skipped", "a"), start("a", { steps: 3 })],
    ],
    [
      "a skipped job that is skipped without a resumption",
      "ILLEGAL_TRANSITION 4",
      [...begun(one), about("job.skipped", "a"), about("job.skipped", "a")],
    ],
    [
      "a failed job that starts again without a reason",
      "ILLEGAL_TRANSITION 7",
      [...begun(chain), ...failing("a"), start("a", { attempt: 1 })],
    ],
    [
      "a succeeded job that starts again after a resumption",
      "ILLEGAL_TRANSITION 13",
      [...begun(chain), ...whole("a"), ...failing("b"), end("failed"), resumed(), start("a", { attempt: 1 })],
    ],
    ["an attempt with the number of the one before", "EXEC_006_SECOND_START 10", [...failedRun, resumed(), start("a")]],
    [
      "an attempt with an id of another form",
      "ILLEGAL_TRANSITION 3",
      [...begun(one), start("a", { steps: 3 }, { job_id: "anything" })],
    ],
    [
      "an attempt that does not say its steps",
      "WRONG_VERDICT 3",
      [...begun(one), start("a", {}, { steps_declared: undefined })],
    ],
    ["an attempt with fewer steps than planned", "WRONG_VERDICT 3", [...begun(one), start("a", { steps: 2 })]],
    [
      "a step of an attempt that names another job",
      "ILLEGAL_TRANSITION 4",
      [...begun(chain), start("a"), { ...stepStart("a"), job_key: "b" }],
    ],
    [
      "a step of an attempt that names another attempt",
      "ILLEGAL_TRANSITION 4",
      [...begun(chain), start("a"), { ...stepStart("a"), attempt: 1 }],
    ],
    [
      "a retry that announces another attempt than the next",
      "ILLEGAL_TRANSITION 7",
      [...begun(chain), ...failing("a"), { ...retried, attempt: 2 }],
    ],
    [
      "EXEC-001: an attempt that leaves out steps that were never performed",
      "EXEC_001_ORDER 10",
      [...begun(one), ...doubtful("a", 0, { steps: 3 }), resumed(), start("a", { attempt: 1, steps: 1, first: 2 })],
    ],
    [
      "EXEC-001: an attempt that leaves out a step in doubt",
      "EXEC_001_ORDER 10",
      [...begun(one), ...doubtful("a", 0, { steps: 3 }), resumed(), start("a", { attempt: 1, steps: 2, first: 1 })],
    ],
    [
      "EXEC-001: a first attempt that leaves out steps",
      "EXEC_001_ORDER 3",
      [...begun(one), start("a", { steps: 2, first: 1 })],
    ],
    [
      "EXEC-001: an attempt that goes on with another step than planned",
      "EXEC_001_ORDER 13",
      [
        ...begun(one),
        ...doubtful("a", 1, { steps: 3 }),
        resumed(),
        start("a", { attempt: 1, steps: 2, first: 1 }),
        stepStart("a", 0, { attempt: 1 }),
      ],
    ],
    [
      "EXEC-001: a place to go on from that is none",
      "EXEC_001_ORDER 3",
      [...begun(one), start("a", { steps: 3 }, { data: { first_step: "0" } })],
    ],
    ["an override of a job that runs", "ILLEGAL_TRANSITION 4", [...begun(chain), start("a"), marked("a")]],
    ["an override of a job that has succeeded", "ILLEGAL_TRANSITION 7", [...begun(chain), ...whole("a"), marked("a")]],
    ["an override of a job that is not declared", "ILLEGAL_TRANSITION 3", [...begun(chain), marked("c")]],
    ["a marked job that starts", "ILLEGAL_TRANSITION 4", [...begun(chain), marked("a"), start("a")]],
    ["a gated job that starts with no gate opened", "ILLEGAL_TRANSITION 3", [...begun(gated), start("a")]],
    [
      "a gated job that starts before it is approved",
      "ILLEGAL_TRANSITION 4",
      [...begun(gated), about("gate.opened", "a"), start("a")],
    ],
    [
      "a gated job that starts although it was rejected",
      "ILLEGAL_TRANSITION 5",
      [...begun(gated), about("gate.opened", "a"), about("gate.rejected", "a"), start("a")],
    ],
    ["an approval of a gate that is not open", "ILLEGAL_TRANSITION 3", [...begun(gated), about("gate.approved", "a")]],
    [
      "an approval of what was rejected",
      "ILLEGAL_TRANSITION 5",
      [...begun(gated), about("gate.opened", "a"), about("gate.rejected", "a"), about("gate.approved", "a")],
    ],
    ["a gate of a job that is not declared", "ILLEGAL_TRANSITION 3", [...begun(chain), about("gate.opened", "c")]],
    ["an artifact of a job that is not declared", "ILLEGAL_TRANSITION 3", [...begun(chain), artifact("c")]],
    ["an artifact of no job", "ILLEGAL_TRANSITION 3", [...begun(chain), artifact(undefined)]],
    ["a skip of a job that is not declared", "ILLEGAL_TRANSITION 3", [...begun(chain), about("job.skipped", "c")]],
    ["a compensation of a job that is not declared", "ILLEGAL_TRANSITION 3", [...begun(chain), start("c:compensate")]],
    ["a compensation of a job that never ran", "ILLEGAL_TRANSITION 3", [...begun(chain), start("b:compensate")]],
    [
      "a job that belongs to another in a way that there is none of",
      "ILLEGAL_TRANSITION 3",
      [...begun(chain), start("a:other")],
    ],
    [
      "a job that is called compensated without a compensation",
      "ILLEGAL_TRANSITION 7",
      [...begun(chain), ...whole("a"), about("job.compensated", "a")],
    ],
    [
      "a job of the plan that starts during a rollback",
      "ILLEGAL_TRANSITION 10",
      [...failedRun, back, start("a", { attempt: 1 })],
    ],
    [
      "a run that is called rolled back although a compensation failed",
      "WRONG_VERDICT 17",
      [
        ...begun(chain),
        ...whole("a"),
        ...failing("b"),
        end("failed"),
        back,
        ...failing("a:compensate"),
        end("rolled_back"),
      ],
    ],
    ["a rollback that ends in a success", "ILLEGAL_TRANSITION 10", [...failedRun, back, end("succeeded")]],
    [
      "a run that is resumed into a state that there is none of",
      "ILLEGAL_TRANSITION 9",
      [...failedRun, resumed({ status: "succeeded" })],
    ],
    [
      "a job that starts while the run is blocked",
      "ILLEGAL_TRANSITION 4",
      [...begun(chain), state("blocked"), start("a")],
    ],
    [
      "a run that is blocked twice without a crash",
      "ILLEGAL_TRANSITION 4",
      [...begun(chain), state("blocked"), state("blocked")],
    ],
    [
      "a second doubt after a resumption",
      "EXEC_002_ONE_RESULT 10",
      [
        ...begun(one),
        ...doubtful("a", 0, { steps: 3 }),
        resumed(),
        draft("step.in_doubt", { ...attemptAt("a"), step_index: 0 }),
      ],
    ],
    ["job keys that are not those of the plan", "WRONG_VERDICT 0", [planned(chain, { job_keys: ["a", "c"] })]],
    ["a job key with a colon", "WRONG_VERDICT 0", [planned([{ key: "a:probe" }])]],
    ["a job that is declared twice", "WRONG_VERDICT 0", [planned([{ key: "a" }, { key: "a" }])]],
    ["a plan without job keys", "WRONG_VERDICT 0", [planned(chain, { job_keys: undefined })]],
  ])("%s", async (_law, breach, records) => {
    const { problems } = await report(records);
    expect(problems.map(({ code, seq }) => `${code} ${seq}`).slice(0, 1)).toEqual([breach]);
  });

  test("a job whose plan lies beside the log may not start at a gate that is open", async () => {
    const beside = planned(gated, { plan: { $blob: "A".repeat(43), size: 1 }, plan_hash: "A".repeat(43) });
    const { problems } = await report([beside, about("gate.opened", "a"), start("a")]);
    expect(problems).toMatchObject([{ code: "ILLEGAL_TRANSITION", seq: 2 }]);
  });

  test("a breach says which need of which job was not met", async () => {
    const { problems } = await report([...begun(chain), start("b")]);
    expect(problems[0]?.message).toBe('job "b" was started, and its need "a" was pending');
  });
});
