import type { OpenLine, UnreadableLine } from "./open-line.ts";
import type { SaidRecord } from "./said-record.ts";
import { isSeq } from "./said-record.ts";
import type { ProblemCode } from "./problems.ts";
import { shown } from "./problems.ts";

/** Lines that do not fit where they stand. What they are is known when the next line has been seen. */
export interface Suspect {
  /** The place in the log that the first of them takes. */
  readonly place: number;
  /** Its line of the file. */
  readonly line: number;
  /** The hash that it should have been chained to; undefined if that is not known. */
  readonly previous: string | undefined;
  readonly bytes: Buffer;
  /** Undefined: no record. */
  readonly record: SaidRecord | undefined;
  /** Why it is no record. */
  readonly message: string | undefined;
  /** Whether it says another run's id. */
  readonly foreign: boolean;
  /** How many lines they are. */
  count: number;
  /** The hash that the last of them claims, and the one that it would have in the first's place. */
  claimed: string | undefined;
  computed: string | undefined;
  /** What the last of them says its place is. */
  lastSeq: unknown;
}

/** A name for what is wrong, with its words. */
export interface Finding {
  readonly code: ProblemCode;
  readonly message: string;
}

/** The line as a suspect; its bytes are copied, for they are good only until the next line is read. */
export function suspectOf(
  { bytes, record, hash, ...rest }: OpenLine | UnreadableLine,
  at: Pick<Suspect, "place" | "line" | "previous" | "computed" | "foreign">,
): Suspect {
  const message = "message" in rest ? rest.message : undefined;
  return { ...at, bytes: Buffer.from(bytes), record, message, count: 1, claimed: hash, lastSeq: record?.seq };
}

/** What a suspect is called if the line after it is chained to it, and has the next place. */
export function edited({ place, record }: Suspect): Finding {
  const seq = record?.seq === place ? "" : ` (it says seq ${shown(record?.seq)}, run ${shown(record?.run_id)})`;
  return {
    code: "EDITED",
    message: `the hash does not fit: this line was changed, or the line before it was changed and hashed anew${seq}`,
  };
}

/** What a suspect is called if the line after it stands where it stands: it was put in between. */
export function inserted(suspect: Suspect): Finding {
  const { record, place, foreign } = suspect;
  if (record === undefined || foreign || (isSeq(record.seq) && record.seq > place)) return byItself(suspect);
  if (isSeq(record.seq)) return { code: "DUPLICATE", message: `seq ${record.seq} stands here a second time` };
  return { code: "BROKEN_LINK", message: "the line was put in between two lines that are chained to one another" };
}

/** What a suspect is called by what it says, where the line after it does not help. */
export function byItself(suspect: Suspect): Finding {
  const { record, place, foreign, message = "" } = suspect;
  if (record === undefined) return { code: "MALFORMED", message };
  if (foreign) return { code: "FOREIGN", message: `the line is of another run: run_id is ${shown(record.run_id)}` };
  if (!isSeq(record.seq) || record.seq === place) {
    const words =
      "the hash does not fit, and the next line is not chained to this one: one of both was put there or changed";
    return { code: "BROKEN_LINK", message: words };
  }
  if (record.seq < place)
    return { code: "DUPLICATE", message: `seq is ${record.seq}, expected ${place}: it was there before` };
  return gap(record.seq, place);
}

/** Lines that are not where they belong. */
export function gap(seq: unknown, place: number): Finding {
  return {
    code: "MISSING_OR_REORDERED",
    message: `seq is ${shown(seq)}, expected ${place}: lines were dropped or swapped`,
  };
}
