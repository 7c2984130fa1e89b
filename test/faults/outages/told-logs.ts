import { verifyLines } from "#evidence";
import type { EvidenceRecord } from "#evidence";

/** What was told of one log. */
interface Told {
  /** Hashes by sequence number, from streams of events. */
  readonly hashes: Map<number, string>;
  /** Exact lines, in order and without a gap. */
  readonly lines: string[];
}

/** All that clients were told of the logs of runs, to be held against what a store has of them in the end. */
export class ToldLogs {
  readonly #told = new Map<string, Told>();
  /** Lines that did not follow on the one before. */
  readonly #gaps: string[] = [];

  #of(runId: string): Told {
    const told = this.#told.get(runId) ?? { hashes: new Map(), lines: [] };
    this.#told.set(runId, told);
    return told;
  }

  event(runId: string, { seq, hash }: { readonly seq: bigint; readonly hash: string }): void {
    this.#of(runId).hashes.set(Number(seq), hash);
  }

  line(runId: string, { seq, line }: { readonly seq: number; readonly line: string }): void {
    const { lines } = this.#of(runId);
    if (seq === lines.length) lines.push(line);
    else this.#gaps.push(`${runId}: line ${seq} was told after ${lines.length} lines`);
  }

  /** The place of the next line of a log that was not told yet. */
  nextSeq(runId: string): number {
    return this.#of(runId).lines.length;
  }

  /** How many records of a log were told. */
  toldOf(runId: string): number {
    const { lines, hashes } = this.#of(runId);
    return Math.max(lines.length, hashes.size);
  }

  /** How much was told so far. */
  get size(): { readonly runs: number; readonly lines: number; readonly events: number } {
    const all = [...this.#told.values()];
    return {
      runs: all.length,
      lines: all.reduce((sum, { lines }) => sum + lines.length, 0),
      events: all.reduce((sum, { hashes }) => sum + hashes.size, 0),
    };
  }

  /**
   * What is wrong with the logs that a store has, in words: something that was told is not there, or is another; a log does not verify;
   * a step took effect more often, or less often, than its log says.
   */
  async problems(
    stored: ReadonlyMap<string, readonly string[]>,
    effects: ReadonlyMap<string, number>,
  ): Promise<readonly string[]> {
    const problems = [...this.#gaps];
    const declared = new Set<string>();
    for (const [runId, told] of this.#told) {
      const lines = stored.get(runId) ?? [];
      const say = (problem: string): void => void problems.push(`${runId}: ${problem}`);
      for (const [seq, line] of told.lines.entries())
        if (lines[seq] !== line) say(`line ${seq} was told, and is ${lines[seq] === undefined ? "gone" : "another"}`);
      const records = lines.map((line) => JSON.parse(line) as EvidenceRecord); // whether they are records is verified
      for (const [seq, hash] of told.hashes)
        if (records[seq]?.hash !== hash)
          say(`record ${seq} was told, and is ${records[seq] === undefined ? "gone" : "another"}`);
      const report = await verifyLines(lines, { runId });
      for (const { line, message } of report.problems) say(`line ${line}: ${message}`);
      if (!report.complete) say("has not ended");
      for (const [name, { state, inDoubt }] of stepsOf(runId, records)) {
        declared.add(name);
        const times = effects.get(name) ?? 0;
        if (times > 1 + inDoubt || (state === "succeeded" && times === 0))
          say(`the step ${name} is ${state}, was in doubt ${inDoubt} times, and took effect ${times} times`);
      }
    }
    for (const name of effects.keys())
      if (!declared.has(name)) problems.push(`${name} took effect and stands in no log`);
    return problems;
  }
}

interface StepStory {
  state: "started" | "succeeded" | "in doubt";
  inDoubt: number;
}

const STATES: Readonly<Record<string, StepStory["state"]>> = {
  "step.started": "started",
  "step.succeeded": "succeeded",
  "step.in_doubt": "in doubt",
};

/** What a log says of each step that posts, by the name that it posts. */
function stepsOf(runId: string, records: readonly EvidenceRecord[]): ReadonlyMap<string, StepStory> {
  const steps = new Map<string, StepStory>();
  for (const { event_type: type, job_key: jobKey, step_index: index } of records) {
    const state = STATES[type];
    if (state === undefined) continue;
    const name = `${runId}/${jobKey ?? index}`;
    const inDoubt = (steps.get(name)?.inDoubt ?? 0) + (state === "in doubt" ? 1 : 0);
    steps.set(name, { state, inDoubt });
  }
  return steps;
}
