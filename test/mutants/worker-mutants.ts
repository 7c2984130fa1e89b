import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "docs/adr/0033", { file: `src/${file}.ts`, change, tests });

const [admission, request, opening] = [
  at("worker/recorded-admission"),
  at("worker/recorded-request"),
  at("worker/opening-of"),
];
const [perform, worker, executor] = [
  at("worker/perform-handed-job"),
  at("worker/job-worker"),
  at("worker/executor-of"),
];
const [unserved, roster, compose] = [
  at("worker/unserved"),
  at("queue/worker-rosters/postgres"),
  at("main/worker/compose-worker"),
];

const JOBS = "worker/job-worker";
const ADMISSIONS = "worker/recorded-admission";
const PROCESSES = "worker/handed-jobs";
const LOADS = "worker/what-it-loads";
const PAUSED = "faults/paused-workers";

/** Mistakes in workers, and in the list of them. */
export const WORKER_MUTANTS: readonly Mutant[] = [
  admission("worker-believes-what-a-contract-let-in", {
    change: ['if (admission !== "open")', "if (admission === undefined)"],
    tests: ADMISSIONS,
  }),
  admission("worker-does-not-ask-whose-log-it-is", {
    change: ["![job.jobId, `~${digest(job.jobId)}`].includes(runId) ||", ""],
    tests: ADMISSIONS,
  }),
  request("worker-does-not-compare-parameters", {
    change: ["|| digest(canonicalJson(given)) !== step.inputs_hash", ""],
    tests: ADMISSIONS,
  }),
  request("worker-does-not-compare-the-plan", {
    change: ["|| digest(canonicalJson(plan)) !== created.plan_hash", ""],
    tests: ADMISSIONS,
  }),
  opening("parameters-of-a-handed-job-stand-in-the-log", {
    change: [
      "return { $blob: await store.putBlob(bytes), size: bytes.length };",
      "await store.putBlob(bytes);\n  return JSON.parse(bytes.toString()) as BlobReference;",
    ],
    tests: ADMISSIONS,
  }),
  perform("worker-performs-what-was-begun", {
    change: ["if (!isUnbegun(opening))", "if (opening.length === 0)"],
    tests: JOBS,
  }),
  perform("worker-does-not-say-who-it-is", {
    change: ["Promise.resolve([claimedRecord({ ...by, at: clock.now() })])", "Promise.resolve([])"],
    tests: PROCESSES,
  }),
  worker("worker-performs-more-than-it-may", {
    change: ["for (const head of fresh.slice(0, max))", "for (const head of fresh)"],
    tests: JOBS,
  }),
  worker("worker-does-not-look-for-more", {
    change: ["if (fresh.length >= max) this.#lookMs = 0;", ""],
    tests: JOBS,
  }),
  worker("worker-waits-for-ever-when-it-drains", {
    change: [
      "for (const abort of this.#running.values()) abort.abort(",
      "for (const abort of [] as AbortController[]) abort.abort(",
    ],
    tests: JOBS,
  }),
  worker("worker-begins-what-it-claimed-too-late", {
    change: ["if (this.#stopping.signal.aborted) return this.#giveBack(runId);", ""],
    tests: JOBS,
  }),
  worker("worker-goes-on-when-it-is-to-stop", {
    change: ["this.#running.get(runId)?.abort(cancellation);", ""],
    tests: PROCESSES,
  }),
  worker("overtaken-worker-lets-its-command-run", {
    change: ["for (const runId of runIds) this.#running.get(runId)?.abort(why);", "void [runIds, why];"],
    tests: PAUSED,
  }),
  executor("handler-is-not-told-the-epoch", {
    change: ["epoch === undefined ? context : Object.freeze({ ...context, epoch })", "context"],
    tests: LOADS,
  }),
  unserved("what-nobody-serves-is-not-told", {
    change: [".filter(({ needs }) => !sets.some(", ".filter(({ needs }) => sets.length < 0 && !sets.some("],
    tests: PROCESSES,
  }),
  compose("worker-takes-what-it-was-not-told-to", {
    change: [
      "return asked === undefined ? sorted : sorted.filter(({ name }) => asked.includes(name));",
      "return sorted;",
    ],
    tests: PROCESSES,
  }),
  roster("silent-worker-stays-listed", {
    change: ["WHERE store = $1 AND lease_until > at.now ORDER", "WHERE store = $1 ORDER"],
    tests: "conformance/worker-roster",
  }),
  roster("worker-of-another-store-is-listed", {
    change: ["WHERE store = $1 AND lease_until > at.now ORDER", "WHERE $1 <> '' AND lease_until > at.now ORDER"],
    tests: "conformance/worker-roster",
  }),
];
