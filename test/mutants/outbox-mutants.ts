import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(
      name,
      "each change that was committed with its row is taken in once, in order, and none that was rolled back",
      {
        file: `src/${file}.ts`,
        change,
        tests,
      },
    );

const outboxes = (file: string) => at(`effects/outboxes/${file}`);
const sql = at("api/hook-file/outbox-sql");
const relay = at("orchestration/work/outbox-relay");

const CONFORMANCE = "conformance/outbox";
const POSTGRES = "effects/outbox.postgres";
const RELAY = "orchestration/work/outbox-relay";

/** Mistakes on the way from an application's transaction to accepted work. */
export const OUTBOX_MUTANTS: readonly Mutant[] = [
  outboxes("outbox-page")("places-of-rows-are-ordered-as-texts", {
    change: ["${PAGE_BYTES} ORDER BY p.place", "${PAGE_BYTES} ORDER BY place"],
    tests: CONFORMANCE,
  }),
  outboxes("outbox-page")("long-rows-are-read-by-their-number-alone", {
    change: ["< ${PAGE_BYTES} ORDER", "< 1e12 ORDER"],
    tests: CONFORMANCE,
  }),
  outboxes("outbox-page")("row-that-is-too-long-is-read", {
    change: ["CASE WHEN p.bytes <= ${ROW_BYTES} THEN", "CASE WHEN p.bytes > 0 THEN"],
    tests: CONFORMANCE,
  }),
  outboxes("sqlite")("file-that-is-missing-is-made", {
    change: [
      ["if (!existsSync(file)) throw missing(file);", ""],
      ['set("mode", "rw")', 'set("mode", "rwc")'],
    ],
    tests: "effects/outbox.sqlite",
  }),
  outboxes("outbox-page")("row-that-was-set-aside-comes-again", {
    change: ["WHERE o.problem IS NULL ORDER", "ORDER"],
    tests: CONFORMANCE,
  }),
  outboxes("postgres-tells")("what-is-told-between-look-and-wait-is-forgotten", {
    change: ["if (this.#told || signal.aborted) return;", "if (signal.aborted) return;"],
    tests: POSTGRES,
  }),
  outboxes("postgres-tells")("broken-connection-is-not-made-anew", {
    change: ["      this.#client = undefined;\n    }\n    this.#again();", "      this.#client = undefined;\n    }"],
    tests: POSTGRES,
  }),
  outboxes("postgres-tells")("closing-leaves-the-listening-connection", {
    change: ["    this.#client?.connection.stream.destroy();\n", ""],
    tests: POSTGRES,
  }),
  outboxes("outbox-row")("numbers-of-a-row-lose-digits", {
    change: ["jsonOf(String(text), writing)", "JSON.parse(String(text))"],
    tests: CONFORMANCE,
  }),
  sql("smallest-whole-number-fails-the-application", {
    change: [
      "iif(${column} BETWEEN -9007199254740991 AND 9007199254740991, ${column}, CAST(${column} AS TEXT))",
      "iif(abs(${column}) > 9007199254740991, CAST(${column} AS TEXT), ${column})",
    ],
    tests: CONFORMANCE,
  }),
  sql("timestamps-depend-on-the-session", {
    change: [" SET TimeZone = 'UTC'", ""],
    tests: POSTGRES,
  }),
  sql("long-names-share-a-trigger", {
    change: ["if (whole.length <= NAME_CHARACTERS) return quoted(whole);", "if (true) return quoted(whole);"],
    tests: CONFORMANCE,
  }),
  relay("row-is-removed-before-its-work-is-durable", {
    change: [
      "const problem = await this.#publish(row);",
      "await outbox.remove([row.place]);\n        const problem = await this.#publish(row);",
    ],
    tests: RELAY,
  }),
  relay("last-row-is-kept", {
    change: ["if (taken.length > 0) await outbox.remove(taken);", "if (taken.length > 1) await outbox.remove(taken);"],
    tests: RELAY,
  }),
  relay("busy-desk-sets-the-row-aside", {
    change: ['new Set(["INVALID_REQUEST", ', 'new Set(["INVALID_REQUEST", "LIMIT_EXCEEDED", "DRAINING", '],
    tests: RELAY,
  }),
  relay("row-that-is-refused-lets-those-behind-it-by", {
    change: [
      "      throw error;\n    }\n  }\n\n  async #setAside",
      "      return undefined;\n    }\n  }\n\n  async #setAside",
    ],
    tests: RELAY,
  }),
  relay("row-that-can-not-be-taken-in-holds-up-the-others", {
    change: ["OF_THE_ROW.has(error.code)", "false"],
    tests: RELAY,
  }),
  relay("row-that-nobody-foresaw-is-tried-for-ever", {
    change: ["const TRIES = 5;", "const TRIES = 1e9;"],
    tests: RELAY,
  }),
  relay("store-that-fails-sets-rows-aside", {
    change: [
      'if (tries < TRIES) throw error;\n      return "suspect";',
      'await this.#setAside(row.place, String(error));\n      return "set aside";',
    ],
    tests: RELAY,
  }),
  relay("closing-waits-for-every-row-that-was-read", {
    change: ["if (this.#closing.signal.aborted) return;", ""],
    tests: RELAY,
  }),
];
