import type { RunAppend } from "../../log-backend.ts";
import { endedAfter } from "../../log-kind.ts";

/** All lines that one call adds to one run. */
export interface RunLines {
  readonly runId: string;
  readonly first: number;
  readonly lines: readonly string[];
  readonly lastHash: string;
  /** Whether the log has its last word then; undefined = as before. */
  readonly ends: boolean | undefined;
}

/** What became of the lines of one run, see `append-function.ts`. */
export interface Verdict {
  readonly verdict: "written" | "place" | "fenced" | "stale" | "lapsed";
  readonly epoch: string | null;
}

/** Characters of one call; what is more goes into the next. */
const CALL_CHARACTERS = 8 * 1024 * 1024;

/** The lines of each run together, in the order in which the runs come. */
export function linesByRun(appends: readonly RunAppend[]): readonly RunLines[] {
  return [...Map.groupBy(appends, ({ runId }) => runId)].map(([runId, ofRun]) => {
    const records = ofRun.flatMap((append) => append.records);
    const said = records.map(({ record }) => record);
    const [ifEnded, ifOpen] = [endedAfter(said, true), endedAfter(said, false)];
    return {
      runId,
      first: said[0]?.seq ?? 0,
      lines: records.map(({ line }) => line),
      lastHash: said.at(-1)?.hash ?? "",
      ends: ifEnded === ifOpen ? ifOpen : undefined,
    };
  });
}

/** The same in calls of bounded size; the lines of a run stay together. */
export function* callsOf(runs: readonly RunLines[]): Generator<readonly RunLines[], void, void> {
  let call: RunLines[] = [];
  let characters = 0;
  for (const run of runs) {
    const more = run.lines.reduce((sum, line) => sum + line.length, 0);
    if (call.length > 0 && characters + more > CALL_CHARACTERS) {
      yield call;
      [call, characters] = [[], 0];
    }
    call.push(run);
    characters += more;
  }
  if (call.length > 0) yield call;
}

/** The values of `append`, behind owner, session and lease. A line has no line break, so they go as one text. */
export function valuesOf(runs: readonly RunLines[], epochOf: (runId: string) => string): unknown[] {
  return [
    runs.map(({ runId }) => runId),
    runs.map(({ first }) => first),
    runs.map(({ first, lines }) => first + lines.length - 1),
    runs.map(({ runId }) => epochOf(runId)),
    runs.map(({ ends }) => ends ?? null),
    runs.map(({ lastHash }) => lastHash),
    runs.flatMap(({ lines }) => lines).join("\n"),
    runs.flatMap(({ lines }, place) => lines.map(() => place + 1)),
    runs.flatMap(({ first, lines }) => lines.map((_line, offset) => first + offset)),
  ];
}
