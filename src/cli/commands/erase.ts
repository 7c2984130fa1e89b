import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** Flags of `erase`. */
export interface EraseFlags extends CommonFlags {
  /** Each a step's index and a JSON pointer, such as `0/stdout`. Default: all. */
  readonly field?: readonly string[];
}

/** `verbatim erase RUN`: erases what discloses the sensitive fields of an ended run. Its log is not touched. */
export async function erase(runId: string, flags: EraseFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { result } = await connection.client.executor.getJob({ jobId: runId });
  if (result === undefined) {
    throw new Fault(
      "RUN_OPEN",
      `Run ${runId} has not ended: its steps may still add to what is erased. Wait, or cancel it.`,
    );
  }
  const disclosures = await host.disclosures(flags);
  const fields = flags.field === undefined ? undefined : new Set(flags.field);
  const before = disclosures.read(runId).length;
  const left = disclosures.erase(runId, ({ step_index, pointer }) => fields?.has(`${step_index}${pointer}`) ?? true);
  const told = { run_id: runId, erased: before - left.length, kept: left.length };
  if (json) await stdout.json(`${JSON.stringify(told)}\n`);
  else await stdout.line(`Erased ${told.erased} of ${before} values of run ${safeText(runId)}; its log is as it was.`);
  return EXIT.succeeded;
}
