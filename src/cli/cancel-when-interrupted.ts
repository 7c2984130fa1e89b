import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import type { CliHost } from "./host.ts";
import { toldError } from "./tell-error.ts";

/** Who cancels, where the system knows no name. */
const NAMELESS = "cli";

/** Watches for the first signal from outside. */
export interface Cancelling {
  /** The job is known to be accepted, so that it can be cancelled. */
  accepted(): void;
  /** Ends the watching, and waits for a cancellation that is on its way. */
  stop(): Promise<void>;
}

/** What a cancellation needs beside the job. */
export interface CancellingOptions {
  readonly host: CliHost;
  /** Tells a person what happens. */
  readonly note: (text: string) => Promise<void>;
}

/** Cancels a job at the first signal, as soon as it is known to be accepted; its stream goes on to its end. */
export function cancelWhenInterrupted(
  { executor }: VerbatimClient,
  jobId: string,
  { host, note }: CancellingOptions,
): Cancelling {
  const { interrupted, userName: cancelledBy = NAMELESS } = host;
  let accepted = false;
  let cancelled: Promise<void> | undefined;
  const cancel = async (): Promise<void> => {
    const reason = `interrupted by ${String(interrupted.reason)}`;
    const asked = executor.cancelJob({ jobId, cancelledBy, reason }).catch((error: unknown) => {
      // It may have ended by itself, and the stream tells what became of it.
      if (error instanceof Fault && error.code === "RUN_ENDED") return undefined;
      return note(`It could not be cancelled: ${toldError(error).message}`);
    });
    // Beside it: a terminal that is not read must not hold the cancellation back.
    await Promise.all([asked, note(`${reason}: cancelling ${jobId}; once more leaves at once.`)]);
  };
  const look = (): void => {
    if (accepted && interrupted.aborted) cancelled ??= cancel();
  };
  interrupted.addEventListener("abort", look);
  return {
    accepted() {
      accepted = true;
      look();
    },
    async stop() {
      interrupted.removeEventListener("abort", look);
      await cancelled;
    },
  };
}
