import { StringDecoder } from "node:string_decoder";
import type { Clock } from "#model";

/** What of a process's own words is told. */
export interface OutputLinesOptions {
  readonly clock: Clock;
  /** Told of each line, cut to its bound. */
  readonly onLine: (line: string) => void;
}

const LINE_CHARACTERS = 1000;
const LINES_PER_MINUTE = 100;
const MINUTE_MS = 60_000;

/** Cuts what a process writes into lines and tells them within bounds; what is beyond is read, counted, and left out. */
export class OutputLines {
  readonly #options: OutputLinesOptions;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  #cut = false;
  #sinceMs = -Infinity;
  #told = 0;
  #leftOut = 0;

  constructor(options: OutputLinesOptions) {
    this.#options = options;
  }

  take(piece: Buffer): void {
    const lines = `${this.#rest}${this.#decoder.write(piece)}`.split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!this.#cut) this.#tell(line);
      this.#cut = false;
    }
    this.#rest = rest;
    if (rest.length <= LINE_CHARACTERS) return;
    if (!this.#cut) this.#tell(rest); // its end is not waited for, and is left out
    this.#cut = true;
    this.#rest = "";
  }

  /** Tells what had no end. */
  end(): void {
    if (this.#rest !== "" && !this.#cut) this.#tell(this.#rest);
    this.#rest = "";
    this.#tellLeftOut();
  }

  #tell(line: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#sinceMs >= MINUTE_MS) {
      this.#tellLeftOut();
      this.#sinceMs = nowMs;
      this.#told = 0;
    }
    this.#told += 1;
    if (this.#told > LINES_PER_MINUTE) this.#leftOut += 1;
    else
      this.#options.onLine(line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…`.toWellFormed() : line);
  }

  #tellLeftOut(): void {
    if (this.#leftOut > 0)
      this.#options.onLine(
        `(${this.#leftOut} lines more were left out: at most ${LINES_PER_MINUTE} in a minute are told)`,
      );
    this.#leftOut = 0;
  }
}
