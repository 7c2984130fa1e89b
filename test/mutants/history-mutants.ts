import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "docs/history.md", { file: `src/evidence/history/${file}.ts`, change, tests });

const [fold, feed, intake, missed] = [at("fold-entry"), at("history-feed"), at("history-intake"), at("missed-runs")];
const [file, migrate] = [at("histories/sqlite/history-file"), at("histories/sqlite/migrate")];

const SUITE = "conformance/run-history.sqlite";
const FED = "evidence/history/history-feed";
const KEPT = "evidence/history/history-file";

/** Mistakes in the history of runs. */
export const HISTORY_MUTANTS: readonly Mutant[] = [
  fold("peaks-of-steps-added-up", {
    change: [
      "both(known.peakRssBytes, peakRssBytes, Math.max)",
      "both(known.peakRssBytes, peakRssBytes, (a, b) => a + b)",
    ],
    tests: SUITE,
  }),
  fold("wait-told-of-the-attempt-that-is-due", {
    change: ["rows.attempt(key, attempt - 1);", "rows.attempt(key, attempt);"],
    tests: SUITE,
  }),
  fold("run-that-goes-on-stays-ended", {
    change: ["reason, endedAt: undefined };", "reason };"],
    tests: SUITE,
  }),
  intake("record-taken-in-twice", {
    change: ["if (record.seq === size + entries.length)", "if (record.seq <= size + entries.length)"],
    tests: FED,
  }),
  intake("gap-taken-for-the-next-record", {
    change: ["else if (record.seq > size + entries.length) gaps.add(runId);", ""],
    tests: FED,
  }),
  intake("other-log-continued", {
    change: ["const fits = known === undefined || (await isSaid(store, known));", "const fits = true;"],
    tests: FED,
  }),
  missed("runs-opened-again-not-looked-at", {
    change: ["[...(await store.openRuns()), ...(await store.reopenedRuns())]", "[...(await store.openRuns())]"],
    tests: FED,
  }),
  missed("runs-whose-end-was-lost-not-looked-at", {
    change: ["const open = history.openRuns().map(({ runId }) => runId);", "const open: string[] = [];"],
    tests: FED,
  }),
  feed("asked-before-it-is-in-step", {
    change: ["    await this.settled();\n    try {\n", "    try {\n"],
    tests: FED,
  }),
  feed("queue-without-a-bound-drops-records", {
    change: [
      "if (this.#behind.size < RUNS_BEHIND) this.#behind.add(append.runId);\n      else",
      "if (this.#behind.size < 0)",
    ],
    tests: FED,
  }),
  file("damage-not-looked-for", {
    change: ['if (said !== "ok") throw', 'if (said === "") throw'],
    tests: KEPT,
  }),
  migrate("changed-migration-taken-for-the-same", {
    change: ["known.version === version && was === is", "known.version === version"],
    tests: KEPT,
  }),
  migrate("migration-outside-of-a-transaction", {
    change: [
      ['database.exec("BEGIN IMMEDIATE");', ""],
      ['database.exec("COMMIT");', ""],
    ],
    tests: KEPT,
  }),
];
