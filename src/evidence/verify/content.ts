import type { Json } from "#model";
import { LOG_SCHEMA } from "../chain.ts";
import { kindOfLog, OPENINGS } from "../log-kind.ts";
import type { LogKind } from "../log-kind.ts";
import { EVENT_TYPES } from "../record.ts";
import type { PlacedLine } from "./chain-walk.ts";
import { payloadDigest } from "./digest-of.ts";
import { isSeq } from "./said-record.ts";
import type { ProblemCode, Problems } from "./problems.ts";
import { shown } from "./problems.ts";

const KNOWN_TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES);

/** Checks what lines say whose chain holds: whoever hashed them may have written anything. */
export class ContentCheck {
  readonly #problems: Problems;
  /** Where the numbering goes on, if it left out or repeated a place although the chain holds. */
  #seqOffset = 0;
  /** What the log tells, as its first record says. */
  #kind: LogKind = "run";

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** What the log tells, as its first record says. */
  get kind(): LogKind {
    return this.#kind;
  }

  /** `runId` is whose log it is. */
  placed(line: PlacedLine, runId: string | undefined): void {
    const { record, seq } = line;
    if (seq === 0) this.#kind = kindOfLog(record);
    if (record.seq !== seq) this.#checkSeq(line);
    if (record.run_id !== runId)
      this.#tell(line, "FOREIGN", `run_id is ${shown(record.run_id)}, expected ${shown(runId)}`);
    if (!KNOWN_TYPES.has(record.event_type))
      this.#tell(line, "MALFORMED", `event_type ${shown(record.event_type)} is not known`);
    const opening = OPENINGS[this.#kind];
    if ((record.event_type === opening) !== (seq === 0))
      this.#tell(line, "MALFORMED", `${opening} must be the first line, and only the first`);
    const { contract_id: contract } = record;
    if (this.#kind === "contract" && contract !== undefined && contract !== runId)
      this.#tell(line, "FOREIGN", `contract_id is ${shown(contract)}, expected ${shown(runId)}`);
    if (seq === 0 && record.schema !== LOG_SCHEMA)
      this.#tell(line, "MALFORMED", `schema is ${shown(record.schema)}, expected ${shown(LOG_SCHEMA)}`);
    if (record.output !== undefined || record.outputs_hash !== undefined) this.#checkOutput(line);
  }

  #checkSeq(line: PlacedLine): void {
    const { seq } = line;
    const { seq: said } = line.record;
    if (isSeq(said) && said === seq + this.#seqOffset) return;
    this.#seqOffset = isSeq(said) ? said - seq : 0;
    const code = !isSeq(said) ? "MALFORMED" : said > seq ? "MISSING_OR_REORDERED" : "DUPLICATE";
    const words = `seq is ${shown(said)}, expected ${seq}, although the chain holds: whoever hashed it counted wrongly`;
    this.#tell(line, code, words);
  }

  #checkOutput(line: PlacedLine): void {
    const { output, outputs_hash: claimed } = line.record;
    if (output === undefined) this.#tell(line, "EDITED", "outputs_hash stands without an output");
    else if (claimed === undefined || payloadDigest(output as Json) !== claimed)
      // it came out of JSON
      this.#tell(line, "EDITED", `outputs_hash does not fit the output ${shown(output)}`);
  }

  #tell({ seq, line }: PlacedLine, code: ProblemCode, message: string): void {
    this.#problems.add({ code, seq, line, message });
  }
}
