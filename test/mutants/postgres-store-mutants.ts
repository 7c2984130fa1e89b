import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "docs/postgres-store.md", { file: `src/evidence/evidence-stores/${file}.ts`, change, tests });

const [append, claims, tables] = [at("postgres/append-function"), at("postgres/claims"), at("postgres/tables")];
const [store, channel, settings] = [at("postgres"), at("postgres/news-channel"), at("postgres/server-settings")];
const [connections, migrations] = [at("postgres/connections"), at("postgres/migrations")];

const HANDS = "evidence/postgres-hands";
const server = at("postgres/confirmed-server");

const STORE = "evidence/postgres";
const STANDBY = "evidence/postgres-standby";
const FENCES = "faults/fenced-writers";

/** Mistakes in the store that several processes share. */
export const POSTGRES_STORE_MUTANTS: readonly Mutant[] = [
  server("wait-that-was-broken-off-is-an-answer", {
    change: ["if (this.#broken.delete(on)) throw", "if (this.#broken.delete(on) && this.#doubts < 0) throw"],
    tests: STANDBY,
  }),
  server("payload-found-after-a-broken-wait-is-told", {
    change: ["      this.#broken.add(on);\n      this.#doubt();", "      this.#broken.add(on);"],
    tests: STANDBY,
  }),
  server("server-that-was-started-anew-is-believed", {
    change: ["      await on.query(CONFIRMATION);\n", ""],
    tests: STANDBY,
  }),
  server("standby-is-read-from", {
    change: ["if (standby) throw", 'if (standby && start === "") throw'],
    tests: STANDBY,
  }),
  server("confirmations-wait-side-by-side", {
    change: ["SELECT pg_advisory_xact_lock(7226, 1), pg_logical", "SELECT pg_logical"],
    tests: STANDBY,
  }),
  append("append-asks-for-no-epoch", {
    change: ["WHEN c.epoch <> a.epoch THEN", "WHEN c.epoch < a.epoch THEN"],
    tests: FENCES,
  }),
  append("append-asks-for-no-lease", {
    change: ["WHEN c.lease_until <= clock_timestamp() THEN 'lapsed'", ""],
    tests: FENCES,
  }),
  append("append-repeated-is-a-conflict", {
    change: ["AND w.hash = a.hash) THEN 'written'", "AND w.hash = '') THEN 'written'"],
    tests: STORE,
  }),
  append("append-lets-a-commit-be-asynchronous", {
    change: ["PERFORM set_config('synchronous_commit', 'on', true);", "NULL;"],
    tests: STORE,
  }),
  append("append-to-a-server-that-does-not-sync", {
    change: ["IF current_setting('fsync') <> 'on' OR", "IF current_setting('fsync') = 'never' OR"],
    tests: STORE,
  }),
  append("append-reads-tables-as-a-whole", {
    change: ["SET enable_seqscan = off ", "SET enable_indexscan = off SET enable_bitmapscan = off "],
    tests: STORE,
  }),
  migrations("older-function-stays", { change: [", APPEND_FUNCTION]", "]"], tests: STORE }),
  claims("lost-claim-of-ones-own-is-never-found", {
    change: ["OR session = $2 AND lease_until <= clock_timestamp() AND", "OR session = '' AND"],
    tests: HANDS,
  }),
  claims("lease-never-renewed", {
    change: [
      "this.#disarm ??= this.#options.clock.after(",
      "this.#disarm ??= ((_after: number, _renew: () => void) => () => undefined)(",
    ],
    tests: FENCES,
  }),
  claims("closed-store-keeps-its-leases", {
    change: ["SET lease_until = clock_timestamp() FROM", "SET lease_until = c.lease_until FROM"],
    tests: STORE,
  }),
  claims("handed-over-run-is-claimed-by-a-driver", {
    change: ["AND (hands = $4 OR", "AND ($4 <> '' OR"],
    tests: HANDS,
  }),
  claims("worker-takes-what-it-does-not-serve", {
    change: ["needs <@ $5", "$5 IS NOT NULL"],
    tests: HANDS,
  }),
  claims("append-claims-what-was-handed-over", {
    change: ["OR c.hands <> 'worker' AND (", "OR ("],
    tests: HANDS,
  }),
  claims("run-that-rests-is-taken-over", {
    change: ["AND $4 = 'driver' AND $7::text IS NOT NULL)", "AND $4 = 'driver')"],
    tests: HANDS,
  }),
  claims("run-that-was-roused-still-rests", {
    change: ["WHEN 'person' THEN 'driver' ELSE", "WHEN 'nobody' THEN 'driver' ELSE"],
    tests: HANDS,
  }),
  claims("run-that-has-ended-is-held", {
    change: ["c.owner = $1 OR c.ended OR", "c.owner = $1 OR"],
    tests: HANDS,
  }),
  channel("commit-not-told-to-others", {
    change: ["true), pg_notify($1, t) FROM unnest", "true), $1 || t FROM unnest"],
    tests: STORE,
  }),
  channel("nobody-looks-for-what-was-not-told", {
    change: ["    this.#pollLater();\n  }\n\n  /** Lets", "  }\n\n  /** Lets"],
    tests: STORE,
  }),
  tables("records-can-be-truncated", {
    change: ['denyTrigger(table, "UPDATE OR DELETE OR TRUNCATE")', 'denyTrigger(table, "UPDATE OR DELETE")'],
    tests: STORE,
  }),
  tables("triggers-sleep-for-replication", {
    change: ["ENABLE ALWAYS TRIGGER deny_change", "ENABLE TRIGGER deny_change"],
    tests: STORE,
  }),
  settings("missing-triggers-not-seen", {
    change: ["missing.map((field) => ({ field, description })),", "[],"],
    tests: STORE,
  }),
  settings("asynchronous-server-accepted", {
    change: ['["on", "remote_apply"],', '["on", "remote_apply", "off"],'],
    tests: STORE,
  }),
  migrations("newer-form-used", { change: ["found > MIGRATIONS.length", "found < 0"], tests: STORE }),
  connections("lost-answer-not-asked-for-again", {
    change: ["if (!isPassing(error) ||", "if (isPassing(error) ||"],
    tests: STORE,
  }),
  store("fenced-run-refuses-the-whole-commit", {
    change: [
      "const held = left.filter(({ runId, first }) => first === 0 || this.holds(runId));",
      "const held = left.every(({ runId, first }) => first === 0 || this.holds(runId)) ? left : [];",
    ],
    tests: STORE,
  }),
  store("state-directory-with-two-stores", {
    change: ["    requireSameStore(this.#directory, String(id));\n", ""],
    tests: STORE,
  }),
];
