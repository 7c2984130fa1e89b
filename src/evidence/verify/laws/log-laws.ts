import type { LogKind } from "../../log-kind.ts";
import { kindOfLog } from "../../log-kind.ts";
import type { PlacedLine } from "../chain-walk.ts";
import type { ProblemCode, Problems } from "../problems.ts";
import { shown } from "../problems.ts";
import type { SaidRecord } from "../said-record.ts";
import { ContractLaws } from "./contract-laws.ts";
import { ContractStory } from "./contract-story.ts";
import type { ContractFacts } from "./contract-story.ts";
import { DenialLaws } from "./denial-laws.ts";
import { RunLaws } from "./run-laws.ts";
import type { StepCounts } from "./run-laws.ts";

/** What the laws of a log have found its records to say. */
export interface ToldByLog {
  /** All attempts together; of a contract's log none. */
  readonly steps: StepCounts;
  /** Of a contract's log only. */
  readonly contract: ContractFacts | undefined;
}

const LOGS: Readonly<Record<LogKind, string>> = {
  run: "the log of a run",
  contract: "the log of a contract",
  denials: "a log of denials",
};

/** Holds the records of a log to the laws of its kind, which its first record tells. */
export class LogLaws {
  readonly #kind: LogKind;
  readonly #problems: Problems;
  readonly #run: RunLaws;
  readonly #story = new ContractStory();
  readonly #contract: ContractLaws;
  readonly #denials: DenialLaws;
  #at = { seq: 0, line: 1 };

  constructor(kind: LogKind, problems: Problems) {
    const tell = (code: ProblemCode, message: string): void => problems.add({ code, ...this.#at, message });
    this.#kind = kind;
    this.#problems = problems;
    this.#run = new RunLaws(problems);
    this.#contract = new ContractLaws(this.#story, tell);
    this.#denials = new DenialLaws(tell);
  }

  placed(line: PlacedLine): void {
    const { record, seq } = line;
    this.#at = { seq, line: line.line };
    if (!isOfKind(record, this.#kind)) {
      const message = `${shown(record.event_type)} is no record of ${LOGS[this.#kind]}`;
      return this.#problems.add({ code: "OTHER_KIND", ...this.#at, message });
    }
    if (this.#kind === "run") return this.#run.placed(line);
    if (this.#kind === "denials") return this.#denials.judge(record);
    this.#contract.judge(record);
    this.#story.take(record);
  }

  get told(): ToldByLog {
    return { steps: this.#run.steps, contract: this.#kind === "contract" ? this.#story.facts : undefined };
  }
}

/** Checkpoints and recoveries are records of every log. */
function isOfKind(record: SaidRecord, kind: LogKind): boolean {
  const { event_type: type } = record;
  return kindOfLog(record) === kind || (typeof type === "string" && type.startsWith("log."));
}
