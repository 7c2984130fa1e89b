import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createJsonlStore, createSqliteStore, digest, verifyLines } from "#evidence";
import { created } from "../evidence/support/drafts.ts";
import { eventIds } from "../evidence/support/event-ids.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { memoryDirectory } from "../evidence/support/state-directory.ts";
import { startStoreChild } from "../evidence/support/store-child.ts";
import type { StoreChild } from "../evidence/support/store-child.ts";
import type { StoreOrder } from "../evidence/support/store-process.ts";

const BLOB_BYTES = 10_000;
const BLOB = digest(Buffer.alloc(BLOB_BYTES, "x"));

/** Calls of the operating system that are made to fail, by what they are for. */
export const CALLS = {
  open: "openat",
  write: "write,pwrite64",
  sync: "fsync,fdatasync",
  rename: "rename",
} as const;

/** Which call of a process fails, and how. */
export interface Failure {
  readonly store: "sqlite" | "jsonl";
  readonly call: keyof typeof CALLS;
  readonly error: "EIO" | "ENOSPC" | "EMFILE";
  /** The first, the second, ... of such calls on the files of the state directory. */
  readonly number: number;
}

/** What came of it. */
export interface FailureReport {
  /** Whether there was such a call. */
  readonly met: boolean;
  /** Broken promises, in words. */
  readonly problems: readonly string[];
}

/** What the process is asked for: two runs and a payload, one after the other. */
const ORDERS: readonly StoreOrder[] = [
  { do: "append", runId: "run-1", at: 0, count: 2 },
  { do: "append", runId: "run-1", at: 2, count: 1 },
  { do: "put", bytes: BLOB_BYTES },
  { do: "append", runId: "run-2", at: 0, count: 1 },
  { do: "append", runId: "run-1", at: 3, count: 2 },
  { do: "append", runId: "run-2", at: 1, count: 1 },
];

/** Files of the state directory that a call can name or have open. `$$` is the process. */
const FILES = [
  ".",
  "evidence.db",
  "evidence.db-wal",
  "evidence.db-shm",
  "runs",
  "runs/.order",
  ...["run-1", "run-2"].flatMap((run) => [`runs/${run}`, `runs/${run}/events.jsonl`]),
  "blobs",
  `blobs/${BLOB.slice(0, 2)}`,
  `blobs/${BLOB.slice(0, 2)}/${BLOB}`,
  `blobs/${BLOB.slice(0, 2)}/${BLOB}.$$.part`,
];

/** Lets one call of a process that owns a store fail, and holds what it answered against what a clean restart finds. */
export async function failOnce(failure: Failure): Promise<FailureReport> {
  using scratch = memoryDirectory();
  const state = join(scratch.path, "state");
  const trace = join(scratch.path, "trace");
  const { answered, problems } = await ask(failure, state, trace);
  const met = wasInjected(trace);
  const lost = await restart(failure.store, state, answered);
  const where = `${failure.store}, ${failure.call} ${failure.number}, ${failure.error}`;
  return { met, problems: [...problems, ...lost].map((problem) => `${where}: ${problem}`) };
}

function wasInjected(trace: string): boolean {
  return readFileSync(trace, "utf8").includes("(INJECTED)");
}

/**
 * SQLite syncs the directory of its new log and overlooks that it failed; the store does so itself, afterwards, and does not:
 * that is the next number.
 */
function isOverlooked(trace: string, state: string): boolean {
  const lines = readFileSync(trace, "utf8").split("\n");
  const failed = lines.findIndex((line) => line.includes("(INJECTED)"));
  const isOfDirectory = (line: string): boolean => line.includes(`<${state}>)`);
  return (
    isOfDirectory(lines[failed] ?? "") &&
    lines.slice(failed + 1).some((line) => isOfDirectory(line) && line.includes(" = 0"))
  );
}

interface Answered {
  /** Lines that were told, by run. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  readonly blob: boolean;
}

async function ask(
  { store, call, error, number }: Failure,
  state: string,
  trace: string,
): Promise<{ readonly answered: Answered; readonly problems: readonly string[] }> {
  const lines = new Map<string, readonly string[]>();
  const problems: string[] = [];
  let blob = false;
  let failed = false;
  const tracer = tracerOf({ state, trace, inject: `${CALLS[call]}:error=${error}:when=${number}` });
  await using child = await startIfItCan(store, state, tracer);
  for (const order of child?.opening.ok === undefined ? [] : ORDERS) {
    const answer = await child?.ask(order);
    const taken = answer?.ok !== undefined;
    // A failed read halts nothing: it is told, and the next one may succeed.
    failed ||= !taken || (wasInjected(trace) && !isOverlooked(trace, state));
    if (taken && failed && call !== "open") problems.push(`${JSON.stringify(order)} was taken after a failed call`);
    if (taken && order.do === "put") blob = true;
    if (taken && order.do === "append")
      lines.set(order.runId, [...(lines.get(order.runId) ?? []), ...(answer.ok as readonly string[])]);
    if (!taken && answer?.code !== "STORE_HALTED" && call !== "open")
      problems.push(`${JSON.stringify(order)} was refused with ${answer?.code}: ${answer?.message}`);
  }
  await child?.end();
  return { answered: { lines, blob }, problems };
}

/** A process that cannot even open its store ends: it has told nothing. */
async function startIfItCan(...given: Parameters<typeof startStoreChild>): Promise<StoreChild | undefined> {
  try {
    return await startStoreChild(...given);
  } catch {
    return undefined;
  }
}

function tracerOf({ state, trace, inject }: Readonly<Record<"state" | "trace" | "inject", string>>): readonly string[] {
  const paths = FILES.map((file) => `-P "${join(state, file)}"`).join(" ");
  // The tracer stands aside, so that the process has the number of the shell.
  const script = `exec strace -D -f -qq -y -o "${trace}" ${paths} -e signal=none -e trace=${inject.split(":")[0]} -e inject=${inject} "$@"`;
  return ["sh", "-c", script, "sh"];
}

/** Starts once more, without any failure: everything that was told is there, the chain holds, and more is taken. */
async function restart(kind: Failure["store"], state: string, { lines, blob }: Answered): Promise<readonly string[]> {
  const problems: string[] = [];
  const store = (kind === "jsonl" ? createJsonlStore : createSqliteStore)(state, { newEventId: eventIds() });
  try {
    for (const [runId, told] of lines) {
      const found = await linesOf(store, runId);
      if (told.some((line, at) => found[at] !== line)) problems.push(`${runId} lost what was told of it`);
    }
    for (const { runId } of await store.runs({ limit: 10 })) {
      const report = await verifyLines(await linesOf(store, runId));
      if (!report.ok) problems.push(`${runId} does not verify: ${JSON.stringify(report.problems)}`);
    }
    if (blob && (await store.getBlob(BLOB)) === undefined) problems.push("the payload that was kept is gone");
    await store.putBlob(Buffer.alloc(BLOB_BYTES, "x"));
    await store.append("run-3", 0, [created("run-3")]);
  } finally {
    await store.close();
  }
  return problems;
}
