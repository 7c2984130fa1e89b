import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, breaks: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, { file: `src/${file}.ts`, change, tests });

const [store, chain] = [at("evidence/log-store"), at("evidence/chain")];
const audit = at("evidence/execution-evidence");
const [encode, replay, runner] = [at("evidence/encode"), at("evidence/replay"), at("worker/run-job")];
const inStores = (name: string) => at(`evidence/evidence-stores/${name}`);
const [sqlite, jsonl] = [inStores("sqlite/database"), inStores("jsonl")];
const wholeFile = at("evidence/durable-file");
const [writer, lock] = [inStores("sqlite/line-writer"), inStores("directory-lock")];
const runMark = at("evidence/run-mark");
const [again, sealer] = [at("evidence/opened-again"), at("evidence/seal/sealer")];
const REOPENING = "conformance/evidence-store.memory";
const [nearest, news] = [inStores("sqlite/nearest-writer"), at("evidence/news")];

const WRITE = "const written = this.#backend.write(appends);";
const RESOLVE = "for (const { from, append } of accepted) from.resolve(append.records);";

/** A hash that leaves a part of the line out, both when it is written and when it is verified. */
function uncovered(part: string): Change {
  return [
    "return digest(`${previous}\\n${body}`);",
    `return digest(\`\${previous}\\n\${body.replace(/${part},?/u, "")}\`);`,
  ];
}

/** Mistakes in evidence, and in how it is driven. */
export const EVIDENCE_MUTANTS: readonly Mutant[] = [
  runMark("open-runs-taken-for-whole-copies", "P1", {
    change: ["const run = oldestOpen ?? newest;", "const run = newest ?? oldestOpen;"],
    tests: "evidence/log-mirror",
  }),
  runner("told-before-it-is-stored", "P1", {
    change: ["await store.append(", "void store.append("],
    tests: "laws/p1-told-is-durable",
  }),
  runner("asked-to-go-on-before-it-is-stored", "P1", {
    change: ["await write(unwritten);", "void write(unwritten);"],
    tests: "laws/p1-told-is-durable",
  }),
  store("told-by-the-store-before-it-is-stored", "P1", {
    change: [WRITE, `${RESOLVE}\n      ${WRITE}`],
    tests: "evidence/log-store",
  }),
  store("readers-told-before-it-is-stored", "P1", {
    change: [
      [WRITE, `this.#publish(appends, heads);\n      ${WRITE}`],
      [
        "    if (taken.length > 0) this.#publish(refused.size === 0 ? appends : taken.map(({ append }) => append), heads);\n",
        "",
      ],
    ],
    tests: "evidence/log-store",
  }),
  news("news-of-the-last-commit-is-forgotten", "P1", {
    change: [
      "    this.#untold.delete(runId);\n    this.#tell(runId);",
      "    this.#untold.clear();\n    this.#tell(runId);",
    ],
    tests: "evidence/news",
  }),
  news("busy-server-tells-nothing", "P1", {
    change: ["if (this.#commits - since < COMMITS_UNTOLD) break;", "if (this.#commits >= since) break;"],
    tests: "evidence/news",
  }),
  nearest("process-waits-for-a-slow-disk", "P4", {
    change: ["if (!this.#pace.quick || ", "if ("],
    tests: "evidence/nearest-writer",
  }),
  sqlite("sync-left-out", "P1", {
    change: ["PRAGMA synchronous = FULL;", "PRAGMA synchronous = OFF;"],
    tests: "laws/p1-synced-before-told",
  }),
  sqlite("sync-only-now-and-then", "P1", {
    change: ["PRAGMA synchronous = FULL;", "PRAGMA synchronous = NORMAL;"],
    tests: "laws/p1-synced-before-told",
  }),
  jsonl("sync-of-the-file-left-out", "P1", {
    change: ["fdatasyncSync(run.file);", ""],
    tests: "laws/p1-synced-before-told",
  }),
  jsonl("sync-of-the-name-left-out", "P1", {
    change: ["syncDirectory(directory);\n    syncDirectory(this.#runs);\n    return", "return"],
    tests: "laws/p1-synced-before-told",
  }),
  wholeFile("sync-of-a-payload-left-out", "P1", {
    change: ["fsyncSync(file);", ""],
    tests: "evidence/synced",
  }),
  chain("hash-does-not-cover-the-error", "P3", { change: uncovered('"reason":"[^"]*"'), tests: "evidence/encode" }),
  chain("hash-does-not-cover-the-duration", "P3", {
    change: uncovered('"duration_seconds":[0-9.e+-]+'),
    tests: "evidence/encode",
  }),
  chain("hash-does-not-cover-the-output", "P3", {
    change: uncovered('"outputs_hash":.*?(?=,"(?:late|duration_seconds|started_at|health)|[}]$)'),
    tests: "evidence/encode",
  }),
  chain("lines-not-chained", "P3", {
    change: ["return digest(`${previous}\\n${body}`);", "return digest(`${previous.slice(0, 0)}\\n${body}`);"],
    tests: "evidence/chain evidence/verify/verify-lines",
  }),
  chain("every-log-begins-alike", "P3", {
    change: ["return digest(`${LOG_SCHEMA}\\n${runId}`);", "return digest(`${LOG_SCHEMA}\\n${runId.slice(0, 0)}`);"],
    tests: "evidence/chain evidence/verify/verify-lines",
  }),
  encode("error-left-out-of-the-line", "P3", { change: ["reason: draft.reason,", ""], tests: "evidence/encode" }),
  audit("error-dropped-from-the-audit-format", "EXEC-002", {
    change: [
      "{ output: null, error: null, error_class: null, ...snakeCase(step) }",
      "{ ...snakeCase(step), output: null, error: null, error_class: null }",
    ],
    tests: "evidence/execution-evidence",
  }),
  store("written-behind-the-end", "P2", {
    change: ["=== at && (before?.completed !== true || goesOn)) return;", "=== at) return;"],
    tests: "conformance/evidence-store.memory",
  }),
  store("two-claims-on-one-id", "P2", {
    change: ["if ((before?.size ?? 0) === at && (before", "if ((before"],
    tests: "conformance/evidence-store.memory",
  }),
  store("goes-on-after-a-failed-write", "P5", {
    change: ["this.#halt(error);\n      for", "for"],
    tests: "evidence/log-store",
  }),
  writer("half-a-commit-is-kept", "P5", {
    change: ["if (this.#database.isTransaction) rollback.run();", "if (this.#database.isTransaction) commit.run();"],
    tests: "evidence/sqlite",
  }),
  sqlite("evidence-can-be-changed-in-place", "P3", {
    change: ["BEGIN; ${TABLES} ${DENIALS}", "BEGIN; ${TABLES}"],
    tests: "evidence/sqlite",
  }),
  lock("two-owners-of-one-directory", "P2", {
    change: ["PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;", "SELECT 1;"],
    tests: "evidence/directory-lock",
  }),
  replay("in-doubt-is-forgotten", "P2", {
    change: ["if (running !== undefined) seen.inDoubt.push(running);", ""],
    tests: "evidence/interrupted-result",
  }),
  again("a-success-is-opened-again", "P2", {
    change: [
      'return type === "run.completed" && status === "failed";',
      'return type === "run.completed" && status !== "";',
    ],
    tests: REOPENING,
  }),
  again("anything-opens-a-run-again", "P2", {
    change: ['&& next.event_type === "run.resumed"', '&& next.event_type !== ""'],
    tests: "evidence/jsonl evidence/verify/resumed",
  }),
  store("tail-ends-at-the-first-end", "P1", {
    change: ["return !isEndOfFailure(newest) || ", "return newest.seq >= 0 || "],
    tests: REOPENING,
  }),
  store("a-run-is-opened-again-without-asking", "P5", {
    change: ["if (at === 0 || opensAgain) this", "if (at === 0) this"],
    tests: REOPENING,
  }),
  writer("a-run-that-was-opened-again-is-taken-for-ended", "P2", {
    change: ["if (goesOn === true) reopen.run(runNo);", ""],
    tests: "conformance/evidence-store.sqlite",
  }),
  runMark("runs-opened-again-behind-the-mark-are-forgotten", "P1", {
    change: ["if (mark !== undefined) yield* await store.reopenedRuns();", ""],
    tests: "evidence/log-mirror",
  }),
  sealer("older-seal-put-over-the-newer", "P3", {
    change: ["if ((await store.head(runId))?.hash !== hash) return await this.seal(runId);", ""],
    tests: "evidence/seal/sealer",
  }),
];
