// Loaded before a server (`NODE_OPTIONS=--import`), it kills the server's process at its n-th moment: right before, or right
// after, a commit that stores a line of evidence or changes the platform. Moments are counted in a file, over all threads, from the
// line on that has every text of the environment's `from`.
import fs from "node:fs";
import { StatementSync } from "node:sqlite";

const { moments, nth, from } = JSON.parse(process.env["VERBATIM_KILL_AT_MOMENT"] ?? "{}") as {
  readonly moments: string;
  readonly nth: number;
  readonly from: readonly string[];
}; // set by the test

const EVENT = /"event_type":"([^"]+)"/;
const STATUS = /"status":"([^"]+)"/;
const PLATFORM = /^(INSERT INTO|UPDATE) (resource|performed) /;

/** What the transaction that is open in this thread stores, in words. */
let stores: string[] = [];

function note(sql: string, values: readonly unknown[]): void {
  if (PLATFORM.test(sql)) stores.push("a change of the platform");
  for (const value of values) {
    const event = typeof value === "string" ? EVENT.exec(value)?.[1] : undefined;
    if (typeof value !== "string" || event === undefined) continue;
    stores.push(`${event} ${STATUS.exec(value)?.[1] ?? ""}`.trim());
    if (from.every((text) => value.includes(text)) && !fs.existsSync(moments)) fs.writeFileSync(moments, "");
  }
}

function pass(moment: string): void {
  if (!fs.existsSync(moments)) return;
  fs.appendFileSync(moments, `${moment} ${[...new Set(stores)].join(", ")}\n`);
  if (fs.readFileSync(moments, "utf8").split("\n").length - 1 !== nth) return;
  process.kill(process.pid, "SIGKILL");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // the signal may take a moment
}

const run = Reflect.get(StatementSync.prototype, "run"); // called with its own `this` below
StatementSync.prototype.run = function (this: StatementSync, ...values: Parameters<typeof run>) {
  const sql = this.sourceSQL;
  if (sql.startsWith("BEGIN")) stores = [];
  note(sql, values);
  const isMoment = sql === "COMMIT" && stores.length > 0;
  if (isMoment) pass("before");
  const done = run.apply(this, values);
  if (isMoment) pass("after");
  return done;
} as typeof run;
