import { genesis } from "../chain.ts";
import { MovedPlaces } from "./moved.ts";
import { LineHasher, openLine } from "./open-line.ts";
import type { OpenLine, UnreadableLine } from "./open-line.ts";
import { isSeq } from "./said-record.ts";
import type { SaidRecord } from "./said-record.ts";
import type { Problems } from "./problems.ts";
import { byItself, edited, gap, inserted, suspectOf } from "./suspect.ts";
import type { Finding, Suspect } from "./suspect.ts";

/** A line in its place. */
export interface PlacedLine extends OpenLine {
  /** The place that it takes, whatever it says. */
  readonly seq: number;
  /** The hash of the line before; undefined if a problem has hidden it. */
  readonly previous: string | undefined;
  /** Line of the file, 1-based. */
  readonly line: number;
}

/** What is known of the end of a log. */
export interface LogEnd {
  /** Number of lines. */
  readonly size: number;
  /** Hash of the last. */
  readonly head: string;
}

/** What a walk is started with. */
export interface WalkOptions {
  /** Whose log it should be; absent = whose log the first line says. */
  readonly runId: string | undefined;
  readonly problems: Problems;
  /** Told of every line that has its place, in order. */
  readonly onPlaced: (line: PlacedLine) => void;
}

/**
 * Walks along the chain. A line that does not fit is a suspect, and the line after it decides what it is: an edit if that
 * one is chained to it, an insertion if that one is chained to the line before. Then it goes on, so that a cause has one name.
 */
export class ChainWalk {
  #runId: string | undefined;
  /** Lines of the file so far. */
  lines = 0;
  #next = 0;
  #previous: string | undefined;
  #suspect: Suspect | undefined;
  #runIdIsSure: boolean;
  readonly #moved = new MovedPlaces();
  readonly #hasher = new LineHasher();
  readonly #problems: Problems;
  readonly #onPlaced: (line: PlacedLine) => void;

  constructor({ runId, problems, onPlaced }: WalkOptions) {
    this.#runId = runId;
    this.#runIdIsSure = runId !== undefined;
    if (runId !== undefined) this.#previous = genesis(runId);
    this.#problems = problems;
    this.#onPlaced = onPlaced;
  }

  get runId(): string | undefined {
    return this.#runId;
  }

  /** The place of the line to come. */
  get next(): number {
    return this.#suspect === undefined ? this.#next : this.#suspect.place + this.#suspect.count;
  }

  /** Hash of the last line in its place. */
  get head(): string | undefined {
    return this.#next === 0 ? undefined : this.#previous;
  }

  /** Whether lines wait for a judgement. */
  get suspect(): Suspect | undefined {
    return this.#suspect;
  }

  /** Takes the next line, without its line feed. */
  take(bytes: Buffer): void {
    this.lines += 1;
    const opened = openLine(bytes);
    if (opened.record === undefined) return this.#takeUnreadable(opened);
    if (this.#runId === undefined || this.#suspect?.place === 0) this.#adoptRun(opened.record);
    if (this.#suspect !== undefined && this.#settle(opened, this.#suspect)) return;
    this.#place(opened);
  }

  /** Names what still waits: nothing comes after it. `end` is what a seal says of the last line. */
  finish(end: LogEnd | undefined): void {
    const suspect = this.#suspect;
    if (suspect !== undefined) this.#finishSuspect(suspect, end);
    if (this.#moved.explains(this.#next, this.#next + 1)) this.#next += 1; // the last line stood too early
  }

  #finishSuspect(suspect: Suspect, end: LogEnd | undefined): void {
    this.#suspect = undefined;
    const { record, claimed, computed, place, foreign, count, lastSeq } = suspect;
    const isEnd = end !== undefined && (claimed === end.head || computed === end.head);
    const isLast = isEnd && count === 1 && place === end.size - 1;
    const isGap = record !== undefined && !isLast && !foreign && isSeq(lastSeq) && lastSeq > place;
    this.#next = isEnd ? end.size : isGap ? lastSeq + 1 : place + count;
    this.#previous = claimed;
    if (foreign && !isLast) this.#next = Math.max(this.#next, end?.size ?? 0); // the rest of this log is not missing, it is not here
    if (record !== undefined && (isLast || (!foreign && (!isSeq(record.seq) || record.seq === place))))
      return this.#name(suspect, edited(suspect));
    this.#nameUnlessMoved(suspect, byItself(suspect));
  }

  #takeUnreadable(line: UnreadableLine): void {
    const suspect = this.#suspect;
    if (suspect !== undefined && suspect.record === undefined) {
      suspect.count += 1; // the pieces of one line, or one stretch of rubbish
      suspect.claimed = line.hash;
      suspect.computed = undefined;
      return;
    }
    if (suspect !== undefined) {
      const { record, place } = suspect;
      if (record?.seq === place && !suspect.foreign) this.#name(suspect, edited(suspect));
      else this.#nameUnlessMoved(suspect, byItself(suspect));
      this.#next = place + suspect.count;
      this.#previous = undefined;
    }
    const previous = this.#previous;
    const computed =
      previous === undefined || line.hash === undefined ? undefined : this.#hasher.after(previous, line.bytes);
    const at = { place: this.#next, line: this.lines, previous, computed, foreign: false };
    this.#suspect = suspectOf(line, at);
  }

  /** The first line says whose log it is; if it was itself changed, the second one does. */
  #adoptRun({ run_id: runId }: SaidRecord): void {
    if (this.#runIdIsSure || typeof runId !== "string" || runId === this.#runId) return;
    this.#runId = runId;
    const start = genesis(runId);
    const suspect = this.#suspect;
    if (suspect === undefined) {
      this.#previous = start;
      return;
    }
    const isOne = suspect.claimed !== undefined && suspect.count === 1;
    const computed = isOne ? this.#hasher.after(start, suspect.bytes) : undefined;
    const foreign = suspect.record !== undefined && suspect.record.run_id !== runId;
    this.#suspect = { ...suspect, previous: start, computed, foreign };
  }

  #place(line: OpenLine): void {
    const previous = this.#previous;
    if (previous === undefined && this.#runId !== undefined) return this.#acceptUnlinked(line);
    const computed = previous === undefined ? undefined : this.#hasher.after(previous, line.bytes);
    if (computed === line.hash) return this.#accept(line);
    const { seq, run_id: runId } = line.record;
    if (line.hash === previous && seq === this.#next - 1) {
      if (this.#moved.explains(seq, seq + 1)) return; // it stood too early, and here it belongs
      return this.#nameDuplicate("the line before stands here a second time");
    }
    const at = { place: this.#next, line: this.lines, previous, computed, foreign: runId !== this.#runId };
    this.#suspect = suspectOf(line, at);
  }

  /** Judges the suspect by the line after it. @returns whether that line has been used up. */
  #settle(line: OpenLine, suspect: Suspect): boolean {
    const { place, previous, record, claimed, computed } = suspect;
    const { seq, run_id: runId } = line.record;
    if (previous !== undefined && seq === place && this.#fits(line, previous))
      return this.#settleInserted(line, suspect);
    const link = [claimed, computed].find((hash) => hash !== undefined && this.#fits(line, hash));
    const repeats = isSeq(record?.seq) && record.seq < place && isSeq(seq) && seq < place && link !== undefined;
    if ((suspect.foreign && runId !== this.#runId) || repeats) {
      suspect.count += 1;
      suspect.claimed = line.hash;
      suspect.computed = undefined;
      suspect.lastSeq = seq;
      return true;
    }
    this.#suspect = undefined;
    this.#previous = link;
    this.#next = this.#placeAfter(suspect, seq);
    if (link !== undefined && record !== undefined && suspect.count === 1 && seq === place + 1) {
      this.#name(suspect, edited(suspect));
      return false;
    }
    this.#nameUnlessMoved(suspect, byItself(suspect));
    return false;
  }

  /** The line after the suspect stands in the suspect's place. */
  #settleInserted(line: OpenLine, suspect: Suspect): boolean {
    const { place, record, foreign, claimed } = suspect;
    this.#suspect = undefined;
    this.#next = place;
    this.#previous = suspect.previous;
    const isEarly = record !== undefined && !foreign && isSeq(record.seq) && record.seq > place;
    if (isEarly && isSeq(record.seq)) {
      this.#moved.remember(record.seq, record.seq + 1); // there it will be missed
      this.#name(suspect, inserted(suspect));
    } else this.#nameUnlessMoved(suspect, inserted(suspect));
    const swapped = record?.seq === place + 1 && !foreign && suspect.count === 1;
    if (!swapped || this.#hasher.after(line.hash, suspect.bytes) !== claimed) return false;
    this.#previous = claimed;
    this.#next = place + 2;
    return true;
  }

  /** The place of a line that comes after a suspect and says `seq`. */
  #placeAfter({ place, count, lastSeq, foreign, record }: Suspect, seq: unknown): number {
    if (!isSeq(seq)) return place + count;
    const follows = record !== undefined && !foreign && isSeq(lastSeq) && lastSeq > place && seq === lastSeq + 1;
    const isUnknown = record === undefined; // it may have been two lines whose line feed was lost
    if (follows || (isUnknown && this.#previous !== undefined && seq >= place)) return seq;
    return seq >= place && seq <= place + count ? seq : place + count;
  }

  /** A line after one whose hash is not known: only its place can be judged. */
  #acceptUnlinked(line: OpenLine): void {
    const { seq } = line.record;
    if (isSeq(seq) && seq > this.#next) {
      this.#problems.add({ ...gap(seq, this.#next), seq: this.#next, line: this.lines });
      this.#next = seq;
    }
    this.#accept(line);
  }

  #accept(line: OpenLine): void {
    const seq = this.#next;
    const previous = this.#previous;
    this.#runIdIsSure = true;
    this.#previous = line.hash;
    this.#next += 1;
    this.#onPlaced({ bytes: line.bytes, record: line.record, hash: line.hash, seq, previous, line: this.lines });
  }

  #fits(line: OpenLine, previous: string): boolean {
    return this.#hasher.after(previous, line.bytes) === line.hash;
  }

  #nameDuplicate(message: string): void {
    this.#problems.add({ code: "DUPLICATE", seq: this.#next, line: this.lines, message });
  }

  #name({ place: seq, line }: Suspect, finding: Finding): void {
    this.#problems.add({ ...finding, seq, line });
  }

  /** A line that is missed here and stands elsewhere is one cause. */
  #nameUnlessMoved(suspect: Suspect, finding: Finding): void {
    const { place, record, foreign, count } = suspect;
    const seq = record?.seq;
    if (isSeq(seq) && !foreign) {
      const isLate = seq < place && count === 1 && this.#moved.explains(seq, seq + 1);
      if (isLate || (seq > place && this.#moved.explains(place, seq))) return;
      this.#moved.remember(place, seq);
    }
    this.#name(suspect, finding);
  }
}
