import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string, breaks: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, { file: `src/${file}.ts`, change, tests });

const TOLD = "whom a plan names is told once of what is true";
const TIMES = "a run is started at its time and once";
const UNIT = "orchestration/notify/notifier";
const notify = (file: string) => at(`orchestration/notify/${file}`, TOLD);
const schedule = at("orchestration/schedule/scheduler", TIMES);

/** Mistakes in who is told of runs, and in when runs are started. */
export const NOTIFY_MUTANTS: readonly Mutant[] = [
  notify("notification-job")("notifications-of-long-run-ids-share-an-id", {
    change: [".${digest(runId)}${end}", ".${end}"],
    tests: UNIT,
  }),
  notify("plain-line")("line-break-in-a-reason-begins-a-line", {
    change: ["\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Co}\\p{Cn}\\s", "\\p{Co}"],
    tests: UNIT,
  }),
  notify("notifier")("notification-is-dropped-when-there-is-no-room", {
    change: ['if (code === "LIMIT_EXCEEDED" && !this.#draining) return false;', ""],
    tests: UNIT,
  }),
  notify("run-watch")("resumed-run-is-not-watched", {
    change: ['if (record.event_type === "run.resumed") this.#watched.add(runId);', ""],
    tests: UNIT,
  }),
  notify("notification-facts")("every-block-is-told-as-a-gate", {
    change: [' && data?.["cause"] === "gate"', " && data !== undefined"],
    tests: UNIT,
  }),
  at("orchestration/create-job-runner", TOLD)("notification-of-the-last-run-is-refused-by-a-stop", {
    change: ["if (options.lastWord !== true) this.#requireOpen();", "this.#requireOpen();"],
    tests: "main/notifications",
  }),
  at("main/notifications", TOLD)("start-does-not-look-back", {
    change: ["if (looksBack)", "if (looksBack && false)"],
    tests: "main/notifications",
  }),
  at("orchestration/plan/preflight", TOLD)("notification-is-not-held-to-the-configuration", {
    change: ["...notifications.flatMap((one, at) => notificationProblems(`notifications[${at}]`, one, facts))", ""],
    tests: "main/notifications",
  }),
  schedule("firing-is-started-twice-in-a-minute", {
    change: ["if ((await store.head(runId)) !== undefined) return;", ""],
    tests: "orchestration/schedule/scheduler",
  }),
  schedule("overlapping-firing-is-started", {
    change: ['schedule.overlap === "skip"', "false"],
    tests: "orchestration/schedule/scheduler",
  }),
  schedule("missed-firing-is-made-up-for", {
    change: ["if (dueMs < nowMs - MOST_LATE_MS) {", "if (false) {"],
    tests: "orchestration/schedule/scheduler",
  }),
  at("orchestration/run/run-records", TIMES)("delayed-run-begins-at-once", {
    change: ["...(startAfter === undefined ? [] : [delayed(startAfter, said.at)]),", ""],
    tests: "main/schedules",
  }),
  at("main/recovered-runs", TIMES)("delayed-run-is-forgotten-by-a-restart", {
    change: ["if (startAfter !== undefined) runs.awaitStart(runId, startAfter);", ""],
    tests: "main/schedules",
  }),
];
