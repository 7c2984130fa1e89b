import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "P3", { file: `src/evidence/${file}.ts`, change, tests });

const [tree, proof, line] = [at("merkle"), at("merkle-proof"), at("line-proof")];
const inLedgers = (name: string) => at(`ledger/ledgers/${name}`);
const [files, ledger, known] = [inLedgers("ledger-files"), inLedgers("tile-ledger"), inLedgers("known-runs")];
const [open, mend, note] = [at("ledger/ledgers/open-ledger"), at("ledger/mend-ledger"), at("ledger/signed-note")];
const [verify, compare] = [at("ledger/verification/verify-ledger"), at("ledger/verification/compare-runs")];
const tiles = at("ledger/verification/check-tiles");
const listed = at("ledger/verification/listed-runs");

const KEPT = "evidence/ledger/tile-ledger";
const VERIFIED = "evidence/ledger/verify-ledger";

/** Mistakes in the ledger of runs, and in the proofs over trees. */
export const LEDGER_MUTANTS: readonly Mutant[] = [
  tree("leaves-and-nodes-hashed-alike", {
    change: ["const NODE = 0x01;", "const NODE = 0x00;"],
    tests: "evidence/merkle",
  }),
  proof("growth-not-held-to-the-older-root", {
    change: ["&& equal(old, oldRoot) && equal(whole, root)", "&& equal(whole, root)"],
    tests: "evidence/merkle",
  }),
  proof("growth-not-held-to-the-newer-root", {
    change: ["&& equal(old, oldRoot) && equal(whole, root)", "&& equal(old, oldRoot)"],
    tests: "evidence/merkle",
  }),
  line("line-of-another-place-is-proven", {
    change: ["if (said.seq !== seq) return { ok: false", "if (said.seq < 0) return { ok: false"],
    tests: "evidence/line-proof",
  }),
  files("ledger-file-not-synced", { change: ["      await file.sync();\n", ""], tests: KEPT }),
  files("ledger-names-not-synced", {
    change: ["for (const directory of changed) await this.#sync(directory);", ""],
    tests: KEPT,
  }),
  ledger("signed-before-it-is-written", {
    change: ["await files.write(tiles.map(", "void files.write(tiles.map("],
    tests: KEPT,
  }),
  ledger("ledger-goes-on-after-a-failed-write", {
    change: ["if (this.#halted !== undefined) throw this.#haltedFault();\n    const entry", "const entry"],
    tests: KEPT,
  }),
  ledger("partial-tiles-gone-before-the-full-one-counts", {
    change: [
      "    let checkpoint: string;",
      "    for (const directory of this.#obsolete.splice(0)) await files.removeDirectory(directory);\n    let checkpoint: string;",
    ],
    tests: KEPT,
  }),
  open("what-was-signed-is-forgotten-at-a-start", {
    change: ["const beyond = await reader.beyond(edge.size, bundle);", "const beyond: readonly Buffer[] = [];"],
    tests: KEPT,
  }),
  open("ledger-of-another-key-is-gone-on-with", {
    change: ['if (verdict === "unknown_key")', "if (head.size < 0)"],
    tests: KEPT,
  }),
  known("run-listed-twice", {
    change: ["if (this.#newest === leaf.run_id || this.#unsealed.has(leaf.run_id)) return false;", ""],
    tests: KEPT,
  }),
  mend("missing-runs-in-the-wrong-order", {
    change: ["if (runId === newest) return found.toReversed();", "if (runId === newest) return found;"],
    tests: "evidence/ledger/mend-ledger",
  }),
  mend("missing-newest-run-goes-unseen", {
    change: ["if (newest === undefined) return", "if (found.length >= 0) return"],
    tests: "evidence/ledger/mend-ledger",
  }),
  note("wrong-signature-beside-a-right-one", {
    change: ["ours.every(", "ours.some("],
    tests: "evidence/ledger/signed-note",
  }),
  verify("older-copy-goes-unseen", {
    change: ["if (older.size <= head.size) return [older];", "if (older.size >= 0) return [older];"],
    tests: VERIFIED,
  }),
  verify("rewritten-ledger-goes-unseen", {
    change: ["if (root.equals(older.root)) return true;", "if (root.length > 0) return true;"],
    tests: VERIFIED,
  }),
  verify("root-of-the-checkpoint-not-looked-at", {
    change: ["root === undefined || root.equals(head.root)", "root === undefined || root.length > 0"],
    tests: VERIFIED,
  }),
  tiles("older-partial-tiles-not-looked-at", {
    change: [
      "for (const width of [tile.width, ...partials",
      "for (const width of [tile.width, ...partials.slice(0, 0)",
    ],
    tests: VERIFIED,
  }),
  compare("replaced-run-goes-unseen", {
    change: ["if (log.firstHash !== created.first_hash) {", "if (log.firstHash === undefined) {"],
    tests: VERIFIED,
  }),
  compare("changed-sealed-run-goes-unseen", {
    change: ["roots.get(leaf.size) !== leaf.merkle_root", "roots.get(leaf.size) === undefined"],
    tests: VERIFIED,
  }),
  compare("unlisted-run-goes-unseen", {
    change: ["found.isDirectory() && !runs.has(found.name)", "found.isDirectory() && found.name === directory"],
    tests: VERIFIED,
  }),
  mutant("new-run-taken-beside-a-halted-ledger", "P5", {
    file: "src/evidence/log-store.ts",
    change: ["    if (at === 0 || opensAgain) this.#options.guardNewRun?.();\n", ""],
    tests: "evidence/log-store",
  }),
  listed("log-cut-back-to-its-first-seal-goes-unseen", {
    change: ["    listed.sealed = leaf;\n", "    listed.sealed ??= leaf;\n"],
    tests: VERIFIED,
  }),
  listed("second-seal-of-anything-is-taken", {
    change: ["continues === undefined || continues < sealed.size || size <= continues", "continues === undefined"],
    tests: VERIFIED,
  }),
  known("second-seal-is-not-written", {
    change: ["if (continues === undefined) return", "if (size > 0) return"],
    tests: KEPT,
  }),
  compare("lines-before-an-earlier-end-go-unseen", {
    change: ["[...sealedBefore, sealed].find(", "[...sealedBefore].find("],
    tests: VERIFIED,
  }),
];
