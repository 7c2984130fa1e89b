import { verifyLines } from "#evidence";
import type { EvidenceRecord } from "#evidence";

/** What outsiders know of one job: what a client was told, what its steps left in the world, what the server kept. */
export interface Traces {
  readonly jobId: string;
  /** Hashes of the events that a client was told, by sequence number. */
  readonly told: ReadonlyMap<number, string>;
  /** How often the effect of each step is found outside, by step index. */
  readonly effects: ReadonlyMap<number, number>;
  /** Exact lines of the log, from the store. */
  readonly lines: readonly string[];
  /** The plain copy of the log. */
  readonly mirror: string;
}

/** What one job's traces show. */
export interface Judgement {
  /** Every law that they break, in words; empty = they hold. */
  readonly problems: readonly string[];
  /** Step that is in doubt, if one is. */
  readonly inDoubt: number | undefined;
  /** Steps with a recorded result. */
  readonly recorded: number;
}

/** Holds the traces of a job that has ended, or was interrupted and closed, against the promises P1, P2 and P3. */
export async function judge(traces: Traces): Promise<Judgement> {
  const { jobId, lines } = traces;
  const records = lines.map((line) => JSON.parse(line) as EvidenceRecord); // whether they are records is verified below
  const report = await verifyLines(lines);
  const fold = foldSteps(records);
  const problems = [
    ...report.problems.map(({ line, message }) => `line ${line}: ${message}`),
    ...(report.complete ? [] : ["the log of a closed run does not end with run.completed"]),
    ...toldProblems(traces, records),
    ...effectProblems(traces, fold),
    ...doubtProblems(records, fold),
    ...(traces.mirror === lines.map((line) => `${line}\n`).join("") ? [] : ["events.jsonl differs from the store"]),
  ];
  return {
    problems: problems.map((problem) => `${jobId}: ${problem}`),
    inDoubt: fold.inDoubt[0],
    recorded: fold.results.length,
  };
}

interface Steps {
  readonly started: readonly number[];
  readonly results: readonly number[];
  readonly inDoubt: readonly number[];
}

function foldSteps(records: readonly EvidenceRecord[]): Steps {
  const indexes = (...types: readonly string[]): number[] =>
    records.filter((record) => types.includes(record.event_type)).map((record) => record.step_index ?? -1);
  return {
    started: indexes("step.started"),
    results: indexes("step.succeeded", "step.failed"),
    inDoubt: indexes("step.in_doubt"),
  };
}

/** P1: whatever was told is in the log, at its place, byte for byte: the hash speaks for the bytes. */
function toldProblems({ told }: Traces, records: readonly EvidenceRecord[]): string[] {
  return [...told]
    .filter(([seq, hash]) => records[seq]?.hash !== hash)
    .map(
      ([seq, hash]) => `event ${seq} was told with the hash ${hash}; the log has ${records[seq]?.hash ?? "no line"}`,
    );
}

/** P2: no effect twice; exactly once where a result is recorded; never before its start is recorded. */
function effectProblems({ effects }: Traces, { started, results }: Steps): string[] {
  const problems: string[] = [];
  for (const [step, times] of effects) {
    if (times > 1) problems.push(`step ${step} took effect ${times} times`);
    if (!started.includes(step)) problems.push(`step ${step} took effect and is not recorded as started`);
  }
  for (const step of results) {
    if (!effects.has(step)) problems.push(`step ${step} has a recorded result and took no effect`);
  }
  return problems;
}

/** Exactly the step that was started and has no result is in doubt; it is the last one, and nothing is started twice. */
function doubtProblems(records: readonly EvidenceRecord[], { started, results, inDoubt }: Steps): string[] {
  const expected = started.filter((step) => !results.includes(step));
  const problems: string[] = [];
  if (inDoubt.join() !== expected.join())
    problems.push(`in doubt are [${inDoubt.join()}], expected [${expected.join()}]`);
  if (started.some((step, position) => step !== position)) problems.push(`steps were started as [${started.join()}]`);
  const succeeded = results.length === (records[0]?.steps_declared ?? -1);
  const ended = records.at(-1)?.status ?? "without a status";
  if (!(succeeded ? ["succeeded"] : ["failed", "cancelled"]).includes(ended)) problems.push(`the run ended ${ended}`);
  return problems;
}
