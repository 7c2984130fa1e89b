import type { Json } from "#model";
import { chainHash, genesis, LOG_SCHEMA, openLine } from "./chain.ts";
import { outputDigest } from "./encode.ts";
import { EVENT_TYPES } from "./record.ts";
import type { EvidenceRecord } from "./record.ts";

const PROBLEMS_KEPT = 100;
const SHOWN_CHARACTERS = 80;
const KNOWN_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);

/** One thing that does not hold. */
export interface LogProblem {
  /** 1-based. */
  readonly line: number;
  /** What is wrong, in words. */
  readonly message: string;
}

/** What a verification found. */
export interface LogReport {
  /** Whether every line holds. It says nothing of the outcome of the run. */
  readonly ok: boolean;
  readonly runId: string | undefined;
  /** Number of lines read. */
  readonly records: number;
  /** Hash of the last line before the first problem; of the last line if there is none. */
  readonly head: string | undefined;
  /** Whether the log ends with `run.completed`. Without it, nobody can tell whether lines are missing at the end. */
  readonly complete: boolean;
  /** The first 100 problems. */
  readonly problems: readonly LogProblem[];
  /** Problems in all. */
  readonly problemCount: number;
}

/** Verifies a log line by line; after a problem it goes on from the hash that the line claims, so that each is named once. */
export class LogVerifier {
  #lines = 0;
  #runId: string | undefined;
  #previous: string | undefined;
  #head: string | undefined;
  #complete = false;
  #problemCount = 0;
  readonly #problems: LogProblem[] = [];

  /** `runId` is whose log it should be; absent = whose log the first line says. */
  constructor({ runId }: { readonly runId?: string } = {}) {
    this.#runId = runId;
  }

  /** Takes the next line, without its line feed. */
  line(text: string): void {
    this.#lines += 1;
    const opened = openLine(text);
    if (opened === undefined) return this.#problem("the line does not end with a hash: it was cut or is no record");
    const record = parsed(text);
    if (record === undefined) return this.#problem("the line is not a JSON object");
    if (this.#complete) this.#problem("the line stands after run.completed");
    this.#checkPlace(record);
    this.#previous ??= genesis(this.#runId ?? "");
    if (chainHash(this.#previous, opened.body) !== opened.hash) {
      this.#problem(
        "the hash does not fit: this line was changed, or the line before it was changed, removed or inserted",
      );
    }
    this.#checkOutput(record);
    this.#previous = opened.hash;
    if (this.#problemCount === 0) this.#head = opened.hash;
    if (record.event_type === "run.completed") this.#complete = true;
  }

  /** Tells of something around the lines, such as bytes after the last line feed. */
  problem(message: string): void {
    this.#lines += 1;
    this.#problem(message);
  }

  #problem(message: string): void {
    this.#problemCount += 1;
    if (this.#problems.length < PROBLEMS_KEPT) this.#problems.push({ line: this.#lines, message });
  }

  #checkPlace(record: EvidenceRecord): void {
    const seq = this.#lines - 1;
    if (record.seq !== seq)
      this.#problem(`seq is ${shown(record.seq)}, expected ${seq}: lines were dropped, added or swapped`);
    this.#checkRun(record.run_id);
    if (!KNOWN_TYPES.has(record.event_type)) this.#problem(`event_type ${shown(record.event_type)} is not known`);
    if ((record.event_type === "run.created") !== (seq === 0))
      this.#problem("run.created must be the first line, and only the first");
    if (seq === 0 && record.schema !== LOG_SCHEMA)
      this.#problem(`schema is ${shown(record.schema)}, expected ${shown(LOG_SCHEMA)}`);
  }

  /** Whoever wrote the line may have put anything in the place of the run's id. */
  #checkRun(claimed: unknown): void {
    if (typeof claimed === "string") this.#runId ??= claimed;
    if (typeof claimed !== "string" || claimed !== this.#runId)
      this.#problem(`run_id is ${shown(claimed)}, expected ${this.#runId === undefined ? "text" : shown(this.#runId)}`);
  }

  #checkOutput({ output, outputs_hash: claimed }: EvidenceRecord): void {
    if (output === undefined) {
      if (claimed !== undefined) this.#problem("outputs_hash stands without an output");
    } else if (claimed === undefined || digestOf(output) !== claimed)
      this.#problem(`outputs_hash does not fit the output ${shown(output)}`);
  }

  /** What was found so far. */
  report(): LogReport {
    const empty = this.#lines === 0;
    return {
      ok: !empty && this.#problemCount === 0,
      runId: this.#runId,
      records: this.#lines,
      head: this.#head,
      complete: this.#complete,
      problems: empty ? [{ line: 1, message: "the log is empty" }] : this.#problems,
      problemCount: empty ? 1 : this.#problemCount,
    };
  }
}

/** Verifies the lines of a whole log; `runId` is whose it should be, if that is known. */
export async function verifyLines(
  lines: AsyncIterable<string> | Iterable<string>,
  options: { readonly runId?: string } = {},
): Promise<LogReport> {
  const verifier = new LogVerifier(options);
  for await (const line of lines) verifier.line(line);
  return verifier.report();
}

/** Undefined for what no digest can be of, such as a lone surrogate: a line may hold it if its owner wrote it. */
function digestOf(output: Json): string | undefined {
  try {
    return outputDigest(output);
  } catch {
    return undefined;
  }
}

/** What a line says, for a message: short, whatever its owner wrote. It came out of JSON, so it goes into it. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, SHOWN_CHARACTERS);
}

function parsed(text: string): EvidenceRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as EvidenceRecord) : undefined; // its members are checked one by one
  } catch {
    return undefined;
  }
}
