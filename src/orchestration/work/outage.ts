import type { Clock } from "#model";
import { Fault } from "#model";

/** How an outage that is over is told. */
export interface OutageEnd {
  /** From the first failure to the last one, in milliseconds. */
  readonly ms: number;
  /** Calls that failed. */
  readonly failures: number;
}

/** Whom an outage tells. Neither may throw. */
export interface OutageOptions {
  readonly clock: Clock;
  /** Told of the first failure, and of the first one of each further kind. */
  readonly onBegin: (error: unknown) => void;
  readonly onEnd: (end: OutageEnd) => void;
  /** It is over only when nothing has failed for so long: what comes and goes is one outage. Milliseconds; default 3000. */
  readonly quietMs?: number;
}

const QUIET_MS = 3000;

/**
 * What others depend on, and what may be away for hours: the log gets a line when that begins and one when it is over, and not one for
 * each call that fails meanwhile.
 */
export class Outage {
  readonly #options: OutageOptions;
  #began: { readonly atMs: number; lastMs: number; failures: number; readonly kinds: Set<string> } | undefined;
  #down = false;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** Whether the last call has failed. */
  get isDown(): boolean {
    return this.#down;
  }

  /** A call has failed. */
  failed(error: unknown): void {
    const { clock, onBegin } = this.#options;
    const atMs = clock.monotonicMs();
    this.#down = true;
    this.#began ??= { atMs, lastMs: atMs, failures: 0, kinds: new Set() };
    this.#began.lastMs = atMs;
    this.#began.failures += 1;
    const kind = kindOf(error);
    if (this.#began.kinds.has(kind)) return;
    this.#began.kinds.add(kind);
    onBegin(error);
  }

  /** A call was answered. Answers whether the one before it had failed. To be called again and again: the end is told by one of them. */
  answered(): boolean {
    const wasDown = this.#down;
    this.#down = false;
    const { clock, onEnd, quietMs = QUIET_MS } = this.#options;
    if (this.#began !== undefined && clock.monotonicMs() - this.#began.lastMs >= quietMs) {
      const { atMs, lastMs, failures } = this.#began;
      this.#began = undefined;
      onEnd({ ms: lastMs - atMs, failures });
    }
    return wasDown;
  }
}

/** There are as many kinds as codes of faults, and one for all that is none: so many lines an outage has at most. */
function kindOf(error: unknown): string {
  return error instanceof Fault ? error.code : "";
}
