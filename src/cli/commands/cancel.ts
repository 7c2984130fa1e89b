import { resultOf } from "#api";
import type { CommonFlags } from "../host.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";
import { jobWord } from "../text/words.ts";

/** Flags of `cancel`. */
export interface CancelFlags extends CommonFlags {
  readonly reason: string;
  /** Default: the user's name. */
  readonly by?: string;
}

const NAMELESS = "cli";

/** `verbatim cancel RUN`: stops a run and waits for its end. That it had ended by itself before is exit code 6. */
export async function cancel(runId: string, flags: CancelFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { reason, by = host.userName ?? NAMELESS } = flags;
  const { result: message } = await connection.client.executor.cancelJob({ jobId: runId, cancelledBy: by, reason });
  const { finalStatus, finalReason } = message === undefined ? NO_RESULT : resultOf(message);
  const told = { job_id: runId, final_status: finalStatus, final_reason: finalReason };
  if (json) await stdout.json(`${JSON.stringify(told)}\n`);
  else await stdout.line(`${jobWord(finalStatus, stdout.paint)}  ${safeText(runId)}  ${safeText(finalReason)}`);
  return finalStatus === "CANCELLED" ? EXIT.succeeded : EXIT.precondition;
}

const NO_RESULT = { finalStatus: "FAILED", finalReason: "the server told no result" } as const;
