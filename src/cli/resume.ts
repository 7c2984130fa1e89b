import type { Clock } from "#model";
import { Fault } from "#model";

/** How often in a row a cut stream is taken up again before the command gives up. */
const ATTEMPTS = 6;

/** Wait before the first new attempt, in milliseconds; it doubles each time. */
const FIRST_WAIT_MS = 100;

/** What is needed to take up a stream that was cut. */
export interface ResumeOptions<Message> {
  /** Opens the stream after a sequence number; undefined = from the start. */
  readonly open: (afterSeq: bigint | undefined) => AsyncIterable<Message>;
  /** The sequence number of the last thing in a message. */
  readonly lastSeq: (message: Message) => bigint | undefined;
  readonly clock: Clock;
  /** What had been read before, if the stream is known to be there; then it is taken up even if it brings nothing. */
  readonly from?: bigint | undefined;
  /** Told before each wait, with what cut the stream. */
  readonly onCut?: (fault: Fault) => void;
}

/**
 * The messages of a stream that is taken up where it was cut, because the connection was lost or has reached its age.
 * Nothing is given twice. What never began is not tried again. @throws {Fault} the last one, when every attempt failed.
 */
export async function* resumed<Message>(options: ResumeOptions<Message>): AsyncGenerator<Message, void, void> {
  const { open, lastSeq, clock, onCut } = options;
  let seq = options.from;
  let attempt = 0;
  for (;;) {
    try {
      for await (const message of open(seq)) {
        seq = lastSeq(message) ?? seq;
        attempt = 0;
        yield message;
      }
      return;
    } catch (error) {
      const wasCut = error instanceof Fault && error.code === "SERVER_UNREACHABLE" && seq !== undefined;
      if (!wasCut || attempt === ATTEMPTS) throw error;
      onCut?.(error);
      await new Promise<void>((resolve) => clock.after(FIRST_WAIT_MS * 2 ** attempt, resolve));
      attempt += 1;
    }
  }
}
