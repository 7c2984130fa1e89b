import type { PatternAutomaton } from "./pattern-automaton.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** As many as end one line. */
const BREAKS_PASSED_OVER = 2;

/** Told of each pattern: `start` and `end` (exclusive) as offsets in the whole stream, by rising `end`. */
export type OnFound = (start: number, end: number, owner: number) => void;

/**
 * Looks for patterns in a stream of bytes, in two readings at once: the bytes as they are, and the bytes without line
 * breaks, for what was broken into lines (`base64`, `xxd -p`, `fold`). Offsets are those of the bytes as they are.
 */
export class PatternFinder {
  readonly #automaton: PatternAutomaton;
  readonly #onFound: OnFound;
  /** Offset of the next byte. */
  #at: number;
  #exact = 0;
  /** The state of the reading without line breaks. While it is `#exact`, both have read the same bytes. */
  #joined = 0;
  #breaks = 0;
  /** Where the last bytes stood that `#joined` has read, in a ring; made at the first line break that matters. */
  #places: Float64Array | undefined;
  #placed = 0;

  constructor(automaton: PatternAutomaton, start: number, onFound: OnFound) {
    this.#automaton = automaton;
    this.#at = start;
    this.#onFound = onFound;
  }

  /** Reads on. */
  read(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index] ?? 0;
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) this.#readBreak(byte);
      else if (this.#exact === this.#joined) {
        this.#breaks = 0;
        this.#exact = this.#automaton.next(this.#exact, byte);
        this.#joined = this.#exact;
      } else this.#readBoth(byte);
      this.#at += 1;
      const length = this.#automaton.matched(this.#exact);
      if (length > 0) this.#onFound(this.#at - length, this.#at, this.#automaton.owner(this.#exact));
    }
  }

  /** Everything before this offset can be part of nothing that is still to be found. */
  get settled(): number {
    const exact = this.#at - this.#automaton.awaited(this.#exact);
    const awaited = this.#automaton.awaited(this.#joined);
    if (this.#exact === this.#joined || awaited === 0) return exact;
    return Math.min(exact, this.#placeOf(awaited));
  }

  #readBreak(byte: number): void {
    if (this.#exact === this.#joined) this.#rememberPlaces();
    this.#exact = this.#automaton.next(this.#exact, byte);
    this.#breaks += 1;
    if (this.#breaks > BREAKS_PASSED_OVER) this.#joined = 0;
  }

  #readBoth(byte: number): void {
    this.#breaks = 0;
    this.#exact = this.#automaton.next(this.#exact, byte);
    this.#joined = this.#automaton.next(this.#joined, byte);
    this.#place(this.#at);
    const length = this.#automaton.matched(this.#joined);
    if (length > 0) this.#onFound(this.#placeOf(length), this.#at + 1, this.#automaton.owner(this.#joined));
  }

  /** Both readings part here: until now the bytes stood side by side. */
  #rememberPlaces(): void {
    const depth = this.#automaton.depth(this.#joined);
    for (let back = depth; back > 0; back -= 1) this.#place(this.#at - back);
  }

  #place(offset: number): void {
    this.#places ??= new Float64Array(2 ** Math.ceil(Math.log2(this.#automaton.longest + 1)));
    this.#places[this.#placed % this.#places.length] = offset;
    this.#placed += 1;
  }

  /** Where the byte stood that was read so many before the next. */
  #placeOf(back: number): number {
    const places = this.#places ?? new Float64Array(1);
    return places[(this.#placed - back) % places.length] ?? 0;
  }
}
