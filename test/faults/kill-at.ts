// Loaded before a server (`NODE_OPTIONS=--import`), it kills the server's process at a point: when a line is about to be stored
// that has every text of `VERBATIM_KILL_AT` in it (a list as JSON), or when the seal of a run is about to be there (`["seal"]`).
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { StatementSync } from "node:sqlite";

const texts = JSON.parse(process.env["VERBATIM_KILL_AT"] ?? "[]") as readonly string[]; // set by the test

function killAt(line: unknown): void {
  const text = typeof line === "string" ? line : line instanceof Uint8Array ? Buffer.from(line).toString("utf8") : "";
  if (texts.length > 0 && text.split("\n").some((one) => texts.every((part) => one.includes(part)))) kill();
}

function kill(): void {
  process.kill(process.pid, "SIGKILL");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // the signal may take a moment
}

const { writeSync, renameSync } = fs;
const run = Reflect.get(StatementSync.prototype, "run"); // called with its own `this` below
StatementSync.prototype.run = function (this: StatementSync, ...values: Parameters<typeof run>) {
  values.forEach(killAt);
  return run.apply(this, values);
} as typeof run;
fs.writeSync = ((...given: Parameters<typeof writeSync>) => {
  killAt(given[1]);
  return writeSync(...given);
}) as typeof writeSync;
fs.renameSync = (from, to) => {
  if (texts[0] === "seal" && String(to).endsWith("seal.dsse.json")) kill();
  renameSync(from, to);
};
syncBuiltinESMExports();
