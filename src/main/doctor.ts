import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { CommonFlags, Finding } from "#cli";
import { makeDirectory } from "#evidence";
import { historyFinding } from "./history-index.ts";
import { loadConfiguration } from "./load-configuration.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { notedServer } from "./running-server.ts";

const SYNCS = 50;
const SLOW_SYNC_MS = 20;
const LOW_DISK_BYTES = 256 * 1024 * 1024;
const OLDEST_SQLITE = "3.51.3";
const EARLIEST = Date.UTC(2026, 0);

/** Looks at what Verbatim stands on: configuration, Node, store, disk, lock, clock, history. Never throws. */
export async function examine(flags: CommonFlags): Promise<readonly Finding[]> {
  const findings = [check("node", nodeVersion), check("sqlite", sqliteVersion), check("clock", wallClock)];
  let configuration: LoadedConfiguration;
  try {
    configuration = await loadConfiguration({ flags, environment: process.env, workingDirectory: process.cwd() });
  } catch (error) {
    return [...findings, { name: "configuration", status: "failed", detail: messageOf(error) }];
  }
  const { state } = configuration;
  return [
    ...findings,
    { name: "configuration", status: "ok", detail: `state directory ${state}` },
    check("disk", () => diskFree(state)),
    check("sync", () => syncCost(state)),
    check("lock", () => owner(state)),
    await historyFinding(configuration),
  ];
}

type Seen = Omit<Finding, "name">;

function check(name: string, look: () => Seen): Finding {
  try {
    return { name, ...look() };
  } catch (error) {
    return { name, status: "failed", detail: messageOf(error) };
  }
}

function nodeVersion(): Seen {
  const { node } = process.versions;
  return Number(node.split(".")[0]) >= 26
    ? ok(`Node ${node}`)
    : { status: "failed", detail: `Node ${node}; 26 or newer is needed: start through npm` };
}

function sqliteVersion(): Seen {
  const { sqlite } = process.versions;
  const fits = sqlite !== undefined && sqlite.localeCompare(OLDEST_SQLITE, "en", { numeric: true }) >= 0;
  return fits
    ? ok(`SQLite ${sqlite}`)
    : { status: "failed", detail: `SQLite ${sqlite}; ${OLDEST_SQLITE} or newer is needed` };
}

function wallClock(): Seen {
  const now = new Date();
  if (now.getTime() >= EARLIEST) return ok(`${now.toISOString()} (advisory: order is by sequence)`);
  return { status: "warning", detail: `${now.toISOString()} is in the past: times in evidence will be wrong` };
}

function diskFree(state: string): Seen {
  makeDirectory(state);
  const { bavail, bsize } = statfsSync(state);
  const free = bavail * bsize;
  const detail = `${Math.round(free / 1024 / 1024)} MiB free where the state lies`;
  return free >= LOW_DISK_BYTES
    ? ok(detail)
    : { status: "warning", detail: `${detail}: on a full disk jobs are stopped and refused` };
}

/** What one durable append costs at least here. */
function syncCost(state: string): Seen {
  const path = join(state, `doctor.${process.pid}.tmp`);
  const file = openSync(path, "w", 0o600);
  const took: number[] = [];
  try {
    for (let round = 0; round < SYNCS; round += 1) {
      writeSync(file, "x".repeat(512));
      const start = performance.now();
      fdatasyncSync(file);
      took.push(performance.now() - start);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  const median = took.toSorted((one, other) => one - other)[SYNCS / 2] ?? 0;
  const detail = `a sync takes ${median.toFixed(2)} ms (median of ${SYNCS})`;
  if (median > SLOW_SYNC_MS) return { status: "warning", detail: `${detail}: every step waits for one` };
  if (median < 0.005)
    return { status: "warning", detail: `${detail}: too fast to be true, a power cut may lose records` };
  return ok(detail);
}

function owner(state: string): Seen {
  const note = notedServer(state);
  if (note !== undefined) return ok(`a server runs here: process ${note.pid}, ${note.address}`);
  const lock = new DatabaseSync(join(state, "owner.lock"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE; ROLLBACK;");
    return ok("free: no process owns the state directory");
  } catch {
    return { status: "warning", detail: "another process owns the state directory" };
  } finally {
    lock.close();
  }
}

function ok(detail: string): Seen {
  return { status: "ok", detail };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
