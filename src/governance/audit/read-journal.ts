import { readInstant } from "../instant.ts";
import { isNamed } from "../named.ts";
import { listOf, membersOf } from "../unread.ts";

/** An entry of the journal, as far as it could be read. */
export interface ReadEntry {
  readonly seq: number;
  readonly key: string;
  /** Undefined = not recorded; null = nothing stood there. */
  readonly before: unknown;
  /** Undefined = not recorded; null = nothing stands there. */
  readonly after: unknown;
  /** Undefined = nobody is named. */
  readonly by: string | undefined;
  /** Of an entry of the audited job: the step it names; undefined = none, or not in the form of a step. */
  readonly stepIndex: number | undefined;
  /** Whether the audited job made it. */
  readonly isOwn: boolean;
  readonly atMs: number;
  readonly authorised: boolean;
}

/** The journal, as far as it could be read. */
export interface ReadJournal {
  readonly entries: readonly ReadEntry[];
  /** Why it is not the whole journal of the interval; undefined = it is. */
  readonly flaw: string | undefined;
  /** The entries that each step of the audited job made. */
  readonly byStep: ReadonlyMap<number, readonly ReadEntry[]>;
}

const STEP_INDEX = /^(?:0|[1-9]\d{0,8})$/;

/** Reads the journal of which nothing is believed. `jobId` is the audited job. */
export function readJournal(value: unknown, jobId: string | undefined): ReadJournal {
  const list = listOf(value);
  if (list === undefined) return { entries: [], flaw: "The journal is unreadable.", byStep: new Map() };
  const entries: ReadEntry[] = [];
  const byStep = new Map<number, ReadEntry[]>();
  let flaw: string | undefined;
  for (const item of list) {
    const entry = readEntry(item, jobId);
    const last = entries.at(-1);
    if (entry === undefined) flaw ??= "An entry of the journal is unreadable.";
    else {
      if (last !== undefined && entry.seq !== last.seq + 1) {
        flaw ??= `Entry ${last.seq} of the journal is followed by entry ${entry.seq}, so it is not whole.`;
      }
      entries.push(entry);
      if (entry.stepIndex !== undefined) collect(byStep, entry.stepIndex, entry);
    }
  }
  return { entries, flaw, byStep };
}

function collect(byStep: Map<number, ReadEntry[]>, stepIndex: number, entry: ReadEntry): void {
  const own = byStep.get(stepIndex);
  if (own === undefined) byStep.set(stepIndex, [entry]);
  else own.push(entry);
}

function readEntry(value: unknown, jobId: string | undefined): ReadEntry | undefined {
  const { seq, key, before, after, by, at, authorised } = membersOf(value);
  const atMs = readInstant(at);
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 1 || typeof key !== "string") return undefined;
  if (atMs === undefined) return undefined;
  const name = isNamed(by) ? by : undefined;
  const isOwn = jobId !== undefined && name !== undefined && (name === jobId || name.startsWith(`${jobId}/`));
  return {
    seq,
    key,
    before,
    after,
    by: name,
    stepIndex: isOwn ? stepIndexOf(name.slice(jobId.length + 1)) : undefined,
    isOwn,
    atMs,
    authorised: authorised === true,
  };
}

function stepIndexOf(text: string): number | undefined {
  return STEP_INDEX.test(text) ? Number(text) : undefined;
}
