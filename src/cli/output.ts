import type { CliStream } from "./host.ts";
import { coloured, plain } from "./text/paint.ts";
import type { Paint } from "./text/paint.ts";
import { safeJson } from "./text/safe-text.ts";

/** Width that is taken for a terminal that does not tell its own, in columns. */
const USUAL_COLUMNS = 80;

/** Lines that are taken for a terminal that does not tell its own. */
const USUAL_ROWS = 24;

/**
 * One stream of a command. A reader that goes away (`| head`) is no error: what is written after that is dropped, and
 * `gone` aborts, so that who only reads for it can stop.
 */
export class Output {
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  readonly paint: Paint;
  readonly #stream: CliStream;
  readonly #gone = new AbortController();

  constructor(stream: CliStream, { colour }: { readonly colour: boolean }) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
    this.paint = colour && this.isTerminal ? coloured : plain;
    stream.on("error", () => this.#gone.abort());
  }

  /** Columns that a line may take; as many as it likes where nobody looks. */
  get columns(): number {
    return this.isTerminal ? (this.#stream.columns ?? USUAL_COLUMNS) : Infinity;
  }

  /** Lines of the terminal; of no use where nobody looks. */
  get rows(): number {
    return this.#stream.rows ?? USUAL_ROWS;
  }

  /** Whether what was written last is still on its way: what can be left out had better not be written. */
  get isCongested(): boolean {
    return this.#stream.writableNeedDrain === true;
  }

  /** Aborts when nobody reads any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Writes, and resolves when more can be taken. What came from elsewhere has to be safe already. */
  async write(text: string | Uint8Array): Promise<void> {
    if (this.gone.aborted || this.#stream.write(text)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const go = (): void => resolve();
    this.#stream.once("drain", go);
    this.gone.addEventListener("abort", go);
    await promise;
    this.gone.removeEventListener("abort", go);
  }

  /** Writes text and a line feed. */
  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** Writes JSON text, or lines of it: on a terminal what that would obey is escaped, elsewhere it goes as it is. */
  async json(text: string): Promise<void> {
    await this.write(this.isTerminal ? safeJson(text) : text);
  }
}
