import { shown } from "../problems.ts";
import type { SaidRecord } from "../said-record.ts";
import type { TellBreach } from "./attempt-laws.ts";
import { memberOf } from "./declared-run.ts";

/** Holds the records of a log of denials to their sums, and to the end of the log. */
export class DenialLaws {
  readonly #tell: TellBreach;
  #ended = false;

  constructor(tell: TellBreach) {
    this.#tell = tell;
  }

  judge({ event_type: type, data }: SaidRecord): void {
    if (this.#ended) this.#tell("DENIALS_AFTER_END", `${shown(type)} stands behind denials.closed`);
    if (type === "denials.closed") this.#ended = true;
    if (type === "denials.counted") this.#checkSum(data);
  }

  #checkSum(data: unknown): void {
    const [denials, others, total] = [memberOf(data, "denials"), memberOf(data, "others"), memberOf(data, "total")];
    const counts = Array.isArray(denials) ? denials.map((denial) => memberOf(denial, "count")) : [undefined];
    const sum = [...counts, others].reduce<number>((so, count) => so + (typeof count === "number" ? count : NaN), 0);
    if (sum === total) return;
    this.#tell("DENIALS_COUNT", `total is ${shown(total)}, and the counts come to ${shown(sum)}`);
  }
}
