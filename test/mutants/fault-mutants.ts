import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, breaks: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, { file: `src/${file}.ts`, change, tests });

const [runFile, tornTail] = [
  at("evidence/evidence-stores/jsonl/run-file"),
  at("evidence/evidence-stores/jsonl/torn-tail"),
];
const [jsonl, sqlite] = [at("evidence/evidence-stores/jsonl"), at("evidence/evidence-stores/sqlite")];
const [durable, guard] = [at("evidence/durable-file"), at("orchestration/disk-guard")];
const [reserve, recovery] = [at("evidence/evidence-stores/reserve-file"), at("worker/close-interrupted-run")];
const [storeKind, note] = [at("main/store-kind"), at("main/running-server")];

/** Mistakes in what happens around a crash, a full disk and a write that fails. */
export const FAULT_MUTANTS: readonly Mutant[] = [
  runFile("broken-line-is-cut-off-as-if-torn", "P3", {
    change: ['rest = whole || !mayGoOn ? "broken" : "torn";', 'rest = "torn";'],
    tests: "faults/torn-log",
  }),
  runFile("chain-is-not-looked-at-by-a-start", "P3", {
    change: ["|| chainHash(hash, line.body) !== line.hash ?", "|| chainHash(hash, line.body) === hash ?"],
    tests: "faults/torn-log",
  }),
  tornTail("torn-line-is-kept-nowhere", "P5", {
    change: ["    writeWhole(copy, bytes);\n", ""],
    tests: "faults/torn-log",
  }),
  tornTail("torn-line-stays-in-the-log", "P5", {
    change: ["ftruncateSync(run.file, offset);", ""],
    tests: "faults/torn-log",
  }),
  recovery("log-says-nothing-of-what-was-cut-off", "P5", {
    change: ["...(head.torn === undefined ? [] : [cutOff(head.torn)])", ""],
    tests: "faults/torn-log",
  }),
  jsonl("one-broken-log-stops-all-others", "P5", {
    change: ['if (error instanceof Fault && error.code === "EVIDENCE_BROKEN") return undefined;', ""],
    tests: "faults/torn-log",
  }),
  jsonl("unsynced-lines-stay-for-the-next-start", "P1", {
    change: ["      takeBack(run.file, end);\n", ""],
    tests: "evidence/jsonl",
  }),
  sqlite("start-trusts-the-memory-of-the-system", "P1", {
    change: ["settle(this.#database);", ""],
    tests: "faults/torn-wal",
  }),
  durable("names-of-new-directories-not-synced", "P1", {
    change: ["    syncDirectory(dirname(next));\n", ""],
    tests: "evidence/durable-file",
  }),
  durable("names-of-new-files-not-synced", "P1", {
    change: ["  syncDirectory(dirname(path));\n", ""],
    tests: "evidence/durable-file",
  }),
  guard("full-disk-is-met-by-a-failed-write", "P5", {
    change: ["if (!this.#full && free < reserveBytes)", "if (!this.#full && free < 0)"],
    tests: "orchestration/disk-guard",
  }),
  guard("reserve-is-kept-when-it-is-needed", "P5", {
    change: ["    this.#options.disk.releaseReserve();\n    this.#options.onFull", "    this.#options.onFull"],
    tests: "orchestration/disk-guard",
  }),
  guard("jobs-run-on-until-the-disk-is-full", "P5", {
    change: [
      "    for (const stop of this.#stoppers) stop(`the disk is full: ${mebibytes(free)} MiB were left`);\n",
      "",
    ],
    tests: "orchestration/disk-guard",
  }),
  guard("disk-at-the-border-flaps", "P5", {
    change: ["free >= ENOUGH_RESERVES * reserveBytes", "free >= reserveBytes"],
    tests: "orchestration/disk-guard",
  }),
  guard("nobody-looks-while-jobs-run", "P5", {
    change: ["!(this.#busy.size > 0 || this.#full)", "!this.#full"],
    tests: "orchestration/disk-guard",
  }),
  reserve("reserve-is-a-hole", "P5", {
    change: ["held.size === this.#bytes && held.blocks * BLOCK_BYTES >= this.#bytes", "held.size === this.#bytes"],
    tests: "evidence/reserve-file",
  }),
  storeKind("kind-of-store-is-not-kept", "P2", {
    change: ["if (!existsSync(path)) writeDurably", "if (existsSync(path)) writeDurably"],
    tests: "main/store-kind",
  }),
  note("torn-note-ends-every-command", "P5", {
    change: [
      "  } catch {\n    return undefined;\n  }\n}\n\n/** A unix socket's",
      "  } catch (error) {\n    throw error;\n  }\n}\n\n/** A unix socket's",
    ],
    tests: "main/running-server",
  }),
];
