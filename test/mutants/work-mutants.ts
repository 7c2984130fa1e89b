import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "docs/hooks.md", { file: `src/${file}.ts`, change, tests });

const store = at("queue/work/work-store");
const workers = at("orchestration/work/workers");
const perform = at("orchestration/work/perform-hook-work");
const payload = at("orchestration/work/hook-work");
const desk = at("orchestration/work/work-desk");

const feed = at("orchestration/work/queue-feed");
const outage = at("orchestration/work/outage");
const time = at("queue/steady-time");

const STORE = "queue/work-store";
const WORKERS = "orchestration/work/workers";
const WIRE = "e2e/hooks";

/** Mistakes in what keeps work and does it. */
export const WORK_MUTANTS: readonly Mutant[] = [
  store("late-holder-still-writes", {
    change: [
      "SELECT errors FROM work WHERE id = :id AND epoch = :epoch AND state = 'running'",
      "SELECT errors FROM work WHERE id = :id AND :epoch >= 0 AND state = 'running'",
    ],
    tests: STORE,
  }),
  store("claim-without-an-epoch", { change: ["epoch = epoch + 1, due", "due"], tests: STORE }),
  store("claim-does-not-hold", {
    change: ["      if (work.dueMs > now) {", "      if (work.state === 'failed' && work.dueMs > now) {"],
    tests: STORE,
  }),
  store("work-past-the-capacity", { change: ["open <= this.#capacity", "open <= this.#capacity + 1"], tests: STORE }),
  store("dead-letter-redriven-twice", {
    change: ['dead?.state !== "dead" || dead.redrivenAs !== undefined', 'dead?.state !== "dead"'],
    tests: STORE,
  }),
  store("dead-letters-forgotten", {
    change: ["state IN ('completed', 'discarded')", "state IN ('completed', 'discarded', 'dead')"],
    tests: STORE,
  }),
  store("follow-up-outside-of-the-transaction", {
    change: ["        this.#accept(end.follows);\n", ""],
    tests: `${STORE} ${WORKERS}`,
  }),
  feed("lost-entries-stay-lost", {
    change: ["{ overdueMs: REFILL_OVERDUE_MS, limit: REFILL_WORKS }", "{ overdueMs: 1e15, limit: REFILL_WORKS }"],
    tests: WORKERS,
  }),
  workers("claim-runs-out-while-it-is-done", {
    change: ["if (!store.extend(work, leaseMs)) return;", "return;"],
    tests: WORKERS,
  }),
  workers("more-at-a-time-than-workers", {
    change: ["take(concurrency - this.busy)", "take(concurrency)"],
    tests: WORKERS,
  }),
  workers("put-back-counts-as-an-attempt", {
    change: ["      store.release(work, PUT_BACK_MS);\n", ""],
    tests: WORKERS,
  }),
  perform("capabilities-are-not-handed-on", {
    change: ["{ only: job.capabilities }", "{}"],
    tests: "orchestration/work/perform-hook-work",
  }),
  perform("undeclared-effect-performed", {
    change: ["if (!job.capabilities.has(job.effect))", "if (job.capabilities.has('nothing'))"],
    tests: "orchestration/work/perform-hook-work",
  }),
  perform("doubtful-effect-tried-again", {
    change: ['errorClass: "in_doubt", message', 'errorClass: "transient_io", message'],
    tests: "orchestration/work/perform-hook-work",
  }),
  perform("attempts-without-an-id-of-their-own", {
    change: ["`${id}-a${attempts}`", "`${id}-a1`"],
    tests: "orchestration/work/perform-hook-work",
  }),
  perform("attempts-under-keys-of-their-own", {
    change: ["    attemptOf: id,\n", ""],
    tests: "orchestration/work/perform-hook-work",
  }),
  payload("each-telling-is-new-work", {
    change: ["[by, change.changeId, job.name]", "[by, change.changeId, job.name, Math.random()]"],
    tests: WIRE,
  }),
  workers("each-failure-of-a-queue-is-told", {
    change: ["    this.#putBacks.failed(error);\n", '    this.#options.onNews({ kind: "put back", id, error });\n'],
    tests: WORKERS,
  }),
  feed("queue-that-came-back-is-not-filled", {
    change: ["if (this.#away.answered()) this.#fill();", "this.#away.answered();"],
    tests: WORKERS,
  }),
  feed("whoever-asks-waits-for-a-queue-that-is-away", {
    change: ["    if (this.#away.isDown) return;\n", ""],
    tests: WORKERS,
  }),
  outage("each-failure-is-told", {
    change: ["if (this.#began.kinds.has(kind)) return;", ""],
    tests: "orchestration/work/outage",
  }),
  outage("what-comes-and-goes-is-told-each-time", {
    change: [" - this.#began.lastMs >= quietMs", " - this.#began.lastMs >= 0"],
    tests: "orchestration/work/outage",
  }),
  perform("database-that-is-away-costs-attempts", {
    change: ['  "SOURCE_UNAVAILABLE",\n', ""],
    tests: "orchestration/work/perform-hook-work",
  }),
  perform("timeout-of-a-job-is-not-heeded", {
    change: [
      "timeoutSeconds = usual } = job",
      "timeoutSeconds: own } = job,\n    timeoutSeconds = own === undefined ? usual : Math.min(own, usual)",
    ],
    tests: "orchestration/work/perform-hook-work",
  }),
  store("dead-letters-are-read-by-their-number-alone", { change: [" || bytes >= PAGE_BYTES", ""], tests: STORE }),
  store("clock-that-was-set-back-delays-work-over-a-start", {
    change: ["    this.#bringForward();\n", ""],
    tests: STORE,
  }),
  time("clock-that-is-set-back-delays-work", {
    change: ["steadyMs - wallMs >= 1 ? steadyMs : wallMs", "wallMs"],
    tests: STORE,
  }),
  desk("full-disk-takes-work-in", {
    change: ["    requireRoom?.();\n    for", "    for"],
    tests: "orchestration/work/work-desk",
  }),
  desk("full-disk-takes-redriven-work-in", {
    change: ["      requireRoom?.();\n      const work", "      const work"],
    tests: "orchestration/work/work-desk",
  }),
  desk("redrives-all-when-asked-for-some", {
    change: ["let page = store.deadLetters(query,", "let page = store.deadLetters({},"],
    tests: WIRE,
  }),
];
