import { randomUUIDv7 } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  compareHistory,
  createJsonlStore,
  createSqliteHistory,
  createSqliteStore,
  damageOf,
  foreignTo,
  HISTORY_FILE,
  rebuildHistory,
  removeHistory,
  replaceHistory,
} from "#evidence";
import type { EvidenceStore, HistoryComparison, RebuildProgress } from "#evidence";
import type { CommonFlags, Finding } from "#cli";
import { Fault } from "#model";
import { loadConfiguration } from "./load-configuration.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { holdsStore, requireStoreKind } from "./store-kind.ts";
import { systemClock } from "./system-clock.ts";

const NAME = "history";
const REBUILD = "verbatim doctor --rebuild-index";

/** Says whether the history is in step with the logs of a state directory that no process owns. Never throws. */
export async function historyFinding(configuration: LoadedConfiguration): Promise<Finding> {
  try {
    return { name: NAME, ...(await lookAt(configuration)) };
  } catch (error) {
    if (error instanceof Fault && error.code === "STATE_LOCKED")
      return { name: NAME, status: "ok", detail: "kept by the process that owns the state directory" };
    const detail = error instanceof Error ? error.message : String(error);
    return {
      name: NAME,
      status: damageOf(error) === undefined ? "failed" : "warning",
      detail: afterDamage(detail, error),
    };
  }
}

function afterDamage(detail: string, error: unknown): string {
  return damageOf(error) === undefined ? detail : `${detail}: the next start moves it aside and makes it anew`;
}

type Seen = Omit<Finding, "name">;

async function lookAt(configuration: LoadedConfiguration): Promise<Seen> {
  const { state, store: kind } = configuration;
  if (kind === "memory") return { status: "ok", detail: "a store in memory keeps it in memory as well" };
  if (!holdsStore(state)) return { status: "ok", detail: "none yet: nothing was run here" };
  requireStoreKind(state, kind);
  const path = join(state, HISTORY_FILE);
  await using store = ownedStore(configuration);
  if (!existsSync(path)) return { status: "warning", detail: `${path} is not there: the next start makes it` };
  await using resources = new AsyncDisposableStack();
  const history = resources.adopt(createSqliteHistory(path, systemClock), (open) => open.close());
  const foreign = await foreignTo(history, store.opened);
  if (foreign !== undefined)
    return { status: "warning", detail: `it is of another store: ${foreign}; the next start makes it anew` };
  return inStep(await compareHistory(history, store.opened));
}

function inStep({ runs, behind, newestBehind, unknown }: HistoryComparison): Seen {
  if (behind === 0 && unknown === 0) return { status: "ok", detail: `in step with the logs of ${runs} runs` };
  const late = `${behind} of ${runs} runs are not as their logs tell them (the newest is ${newestBehind ?? "none"})`;
  const gone = `${unknown} runs have no log`;
  const seen = [...(behind > 0 ? [late] : []), ...(unknown > 0 ? [gone] : [])].join("; ");
  return {
    status: "warning",
    detail: `${seen}: the next start catches up with what a crash has cost; if this stays, ${REBUILD}`,
  };
}

/**
 * Makes the history of a state directory anew from its logs, and puts it in the place of the old one when it is whole.
 * @throws {Fault} STATE_LOCKED if a process owns the directory; INVALID_CONFIGURATION for a store that keeps none.
 */
export async function rebuildIndex(
  flags: CommonFlags,
  onProgress: (progress: RebuildProgress) => void,
): Promise<Finding> {
  const sources = { flags, environment: process.env, workingDirectory: process.cwd() };
  const configuration = await loadConfiguration(sources);
  const { state, store: kind } = configuration;
  if (kind === "memory")
    throw new Fault(
      "INVALID_CONFIGURATION",
      "A store in memory keeps no history on disk: there is nothing to make anew.",
    );
  if (!holdsStore(state)) return { name: NAME, status: "ok", detail: "nothing was run here, so there is none" };
  requireStoreKind(state, kind);
  const path = join(state, HISTORY_FILE);
  const part = `${path}.part`;
  await using store = ownedStore(configuration);
  removeHistory(part);
  const unreadable: string[] = [];
  const history = createSqliteHistory(part, systemClock);
  let runs: number;
  try {
    runs = await rebuildHistory(history, store.opened, {
      onProgress,
      onProblem: (_error, runId) => unreadable.push(runId),
    });
  } finally {
    history.close();
  }
  replaceHistory(path, part);
  const made = `made anew from the logs of ${runs} runs`;
  if (unreadable.length === 0) return { name: NAME, status: "ok", detail: made };
  const list = unreadable.slice(0, 3).join(", ");
  const detail = `${made}; ${unreadable.length} of them cannot be read (${list}): verify them`;
  return { name: NAME, status: "failed", detail };
}

interface OwnedStore extends AsyncDisposable {
  readonly opened: EvidenceStore;
}

/** Nothing is appended to it: it is opened so that nobody else writes meanwhile. @throws {Fault} STATE_LOCKED */
function ownedStore(configuration: LoadedConfiguration): OwnedStore {
  const { state, store: kind } = configuration;
  const options = { newEventId: randomUUIDv7 };
  const opened =
    kind === "postgres"
      ? openPostgresStore(configuration, { ...options, log: () => undefined })
      : kind === "jsonl"
        ? createJsonlStore(state, options)
        : createSqliteStore(state, options);
  return { opened, [Symbol.asyncDispose]: () => opened.close() };
}
