/** The writing side of a call of grpc-js. */
export interface CallStream {
  write(message: Buffer, taken: () => void): boolean;
  once(event: "close" | "cancelled", listener: () => void): unknown;
}

/**
 * Writes messages to a call one at a time: a write is answered when the transport has taken the message, so a slow
 * reader holds back its producer and at most one message waits in memory.
 */
export class StreamWriter {
  readonly #stream: CallStream;
  #open = true;
  #settle: ((written: boolean) => void) | undefined;

  constructor(stream: CallStream) {
    this.#stream = stream;
    // `cancelled` alone may come before `close`, `close` alone may never be preceded by `drain`: whichever is first.
    stream.once("close", this.stop);
    stream.once("cancelled", this.stop);
  }

  /** Whether the last message was taken and another may be given; false once the call has ended, for whatever reason. */
  write(message: Buffer): Promise<boolean> {
    if (!this.#open) return Promise.resolve(false);
    return new Promise<boolean>((resolve) => {
      this.#settle = resolve;
      this.#stream.write(message, this.#taken);
    });
  }

  /** Takes no more messages and answers the write that waits. May be called twice. */
  readonly stop = (): void => {
    this.#open = false;
    this.#taken();
  };

  readonly #taken = (): void => {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(this.#open);
  };
}
