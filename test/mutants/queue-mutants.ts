import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "docs/queues.md", { file: `src/queue/${file}.ts`, change, tests });

const [memory, sqlite, file] = [at("job-queues/memory"), at("job-queues/sqlite"), at("job-queues/sqlite/queue-file")];
const [redis, postgres] = [at("job-queues/redis"), at("job-queues/postgres")];
const [postgresConnection, commits] = [at("job-queues/postgres/connection"), at("job-queues/sqlite/turn-commits")];
const [heap, gathered, calls] = [at("job-queues/memory/indexed-heap"), at("gathered-enqueues"), at("server-calls")];

const IN_MEMORY = "conformance/job-queue.memory";
const IN_FILE = "conformance/job-queue.sqlite";
const IN_REDIS = "conformance/job-queue.redis";
const IN_POSTGRES = "conformance/job-queue.postgres";

/** Mistakes in the queues. */
export const QUEUE_MUTANTS: readonly Mutant[] = [
  memory("queue-takes-one-past-its-capacity", {
    change: ["queued + asked > capacity", "queued + asked > capacity + 1"],
    tests: IN_MEMORY,
  }),
  memory("queued-id-queued-anew", {
    change: ["if (!this.#entries.has(entry.id) && !added.has(entry.id))", "if (!added.has(entry.id))"],
    tests: IN_MEMORY,
  }),
  memory("stalled-delivery-never-handed-out-again", {
    change: ["[this.#delayed, this.#taken]) {", "[this.#delayed]) {"],
    tests: IN_MEMORY,
  }),
  memory("old-token-still-counts", {
    change: ["entry?.token === token ? entry : undefined", "entry?.token === undefined ? undefined : entry"],
    tests: IN_MEMORY,
  }),
  heap("heap-forgets-to-sink", { change: ["      this.#sink(last);\n", ""], tests: IN_MEMORY }),
  file("taken-entries-lost-by-a-restart", {
    change: ["UPDATE entries SET state = 0, stalls = stalls + 1 WHERE state = 2; COMMIT;", "COMMIT;"],
    tests: "queue/sqlite",
  }),
  file("file-shared-by-two-processes", {
    change: ["PRAGMA locking_mode = EXCLUSIVE; ", ""],
    tests: "queue/sqlite",
  }),
  sqlite("postponed-entry-still-taken", {
    change: ["postpone: `UPDATE entries SET state = ?,", "postpone: `UPDATE entries SET state = state + 0 * ?,"],
    tests: IN_FILE,
  }),
  sqlite("order-of-coming-not-kept", {
    change: ["ORDER BY priority DESC, seq LIMIT ?", "ORDER BY priority DESC, id LIMIT ?"],
    tests: IN_FILE,
  }),
  commits("refused-batch-takes-others-with-it", {
    change: ["          refuse(error);\n          return [];", "          throw error;"],
    tests: "queue/sqlite",
  }),
  gathered("batch-accepted-in-part", {
    change: [
      "if (asked > 0 && now + asked > capacity) return full({ capacity, queued: now, asked });\n    for (const [id, entry] of fresh) accepted.set(id, entry);",
      "for (const [id, entry] of fresh) if (queued + accepted.size < capacity) accepted.set(id, entry);\n    if (asked > 0 && now + asked > capacity) return full({ capacity, queued: now, asked });",
    ],
    tests: "queue/gathered-enqueues",
  }),
  gathered("those-who-wait-not-told-of-the-failure", {
    change: ["const waiting = [...now, ...this.#waiting.splice(0)];", "const waiting = now;"],
    tests: "queue/gathered-enqueues",
  }),
  calls("silent-server-waited-for-for-ever", {
    change: ["Promise.race([act(), silent])", "Promise.race([act()])"],
    tests: "queue/server-calls",
  }),
  redis("full-redis-not-asked-what-it-has", {
    change: ["const known = fits ?", "const known = queued >= 0 ?"],
    tests: IN_REDIS,
  }),
  redis("stalls-kept-over-a-postponement", {
    change: ["data: JSON.stringify(data), stc: 0 }", "data: JSON.stringify(data) }"],
    tests: IN_REDIS,
  }),
  redis("late-settle-is-an-error", { change: ["  ErrorCode.JobLockMismatch,\n", ""], tests: IN_REDIS }),
  postgresConnection("id-queued-twice-in-postgres", {
    change: ['policy: "exclusive"', 'policy: "standard"'],
    tests: IN_POSTGRES,
  }),
  postgres("late-postponement-queues-anew", {
    change: ["if (affects(gone)) await", "if (affects(gone) || priority >= 0) await"],
    tests: IN_POSTGRES,
  }),
  postgres("tables-that-are-gone-not-made-again", {
    change: ["if (areTablesGone(error)) this.#drop(parts);", ""],
    tests: "faults/queue-servers",
  }),
];
