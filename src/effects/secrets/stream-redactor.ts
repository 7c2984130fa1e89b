import { PatternFinder } from "./pattern-finder.ts";
import type { PatternAutomaton } from "./pattern-automaton.ts";

/** What is looked for now, and what is written in the place of a find. */
export interface KnownPatterns {
  /** Replaced by another one when a secret has a new value. */
  readonly automaton: PatternAutomaton;
  /** By the owner of a pattern. */
  readonly markers: readonly Buffer[];
}

interface Span {
  readonly start: number;
  end: number;
  readonly owner: number;
}

/**
 * Replaces every find in a stream of bytes. What comes out does not depend on where the chunks begin and end: finds that
 * overlap are one, under the name of the one that begins first, and of the longest of those. Bytes that may be the
 * beginning of a find are held back: fewer than the longest pattern has, line breaks between them not counted.
 */
export class StreamRedactor {
  readonly #known: () => KnownPatterns;
  #patterns: KnownPatterns;
  #finder: PatternFinder;
  #held = Buffer.alloc(0);
  /** Offset of the first held byte in the whole stream. */
  #start = 0;
  /** What stands before this offset has been said, or a marker stands for it. */
  #said = 0;
  #spans: Span[] = [];
  #found = false;

  constructor(known: () => KnownPatterns) {
    this.#known = known;
    this.#patterns = known();
    this.#finder = this.#newFinder();
  }

  /** Whether anything was found so far. */
  get found(): boolean {
    return this.#found;
  }

  /** Takes the next bytes, and gives back what can be told by now. `chunk` may be reused afterwards. */
  push(chunk: Uint8Array): Uint8Array {
    this.#adoptNewPatterns();
    this.#finder.read(chunk);
    const bytes = Buffer.concat([this.#held, chunk]);
    const settled = this.#finder.settled;
    const told = this.#tell(bytes, settled);
    this.#held = bytes.subarray(settled - this.#start);
    this.#start = settled;
    return told;
  }

  /** Gives back what was held: nothing more comes. */
  end(): Uint8Array {
    const bytes = this.#held;
    const told = this.#tell(bytes, this.#start + bytes.length);
    this.#start += bytes.length;
    this.#held = Buffer.alloc(0);
    this.#finder = this.#newFinder();
    return told;
  }

  /** A secret has a new value: what is held may be its beginning. */
  #adoptNewPatterns(): void {
    const now = this.#known();
    if (now === this.#patterns) return;
    this.#patterns = now;
    this.#spans = [];
    this.#finder = this.#newFinder();
    this.#finder.read(this.#held);
  }

  #newFinder(): PatternFinder {
    return new PatternFinder(this.#patterns.automaton, this.#start, (start, end, owner) =>
      this.#add(start, end, owner),
    );
  }

  #add(start: number, end: number, owner: number): void {
    this.#found = true;
    while ((this.#spans.at(-1)?.start ?? -1) >= start) this.#spans.pop();
    const last = this.#spans.at(-1);
    if (last !== undefined && last.end > start) last.end = Math.max(last.end, end);
    else if (last === undefined && start < this.#said) this.#said = Math.max(this.#said, end);
    else this.#spans.push({ start, end, owner });
  }

  /** The bytes up to an offset with markers in place of finds; `bytes` begin at `#start`. */
  #tell(bytes: Buffer, upTo: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    const tellTo = (offset: number): void => {
      if (offset > this.#said) pieces.push(bytes.subarray(Math.max(0, this.#said - this.#start), offset - this.#start));
      this.#said = Math.max(this.#said, offset);
    };
    let told = 0;
    for (const { start, end, owner } of this.#spans) {
      if (start >= upTo) break;
      tellTo(start);
      pieces.push(this.#patterns.markers[owner] ?? Buffer.alloc(0));
      this.#said = Math.max(this.#said, end);
      told += 1;
    }
    tellTo(upTo);
    this.#spans = this.#spans.slice(told);
    return pieces.length === 1 ? (pieces[0] ?? bytes) : Buffer.concat(pieces);
  }
}
