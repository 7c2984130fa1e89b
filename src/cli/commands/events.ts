import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { planRunIfAny } from "../plan-run/known-run.ts";
import { resumed } from "../resume.ts";
import type { Session } from "../session.ts";

/** Flags of `events`. */
export interface EventsFlags extends CommonFlags {
  /** Only the last so many lines there are now. */
  readonly tail?: number;
  /** Only lines with a greater sequence number. */
  readonly after?: number;
  readonly follow?: boolean;
}

const LINE_FEED = Buffer.from("\n");

/** `verbatim events RUN`: the exact lines of a log; with `--follow` until the run ends. */
export async function events(runId: string, flags: EventsFlags, { host, stdout }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { client } = connection;
  const { follow = false } = flags;
  const start = await startOf(client, runId, flags);
  const { gone: signal } = stdout;
  const messages = resumed({
    open: (afterSeq = start) =>
      client.evidence.readLog({ runId, follow, ...(afterSeq !== undefined && { afterSeq }) }, { signal }),
    lastSeq: (message) => message.lines.at(-1)?.seq,
    clock: host.clock,
  });
  try {
    for await (const { lines } of messages) {
      const bytes = Buffer.concat(lines.flatMap(({ line }) => [line, LINE_FEED]));
      await (stdout.isTerminal ? stdout.json(bytes.toString("utf8")) : stdout.write(bytes));
    }
  } catch (error) {
    if (!(signal.aborted && error instanceof Fault && error.code === "CANCELLED")) throw error;
  }
  return EXIT.succeeded;
}

/** The sequence number after which to read. */
async function startOf(
  client: VerbatimClient,
  runId: string,
  { tail, after }: EventsFlags,
): Promise<bigint | undefined> {
  if (tail === undefined) return after === undefined ? undefined : BigInt(after);
  const told = await planRunIfAny(client, runId);
  const logSize = told?.logSize ?? Number((await client.executor.getJob({ jobId: runId })).logSize);
  const start = Math.max(logSize - tail - 1, after ?? -1);
  return start < 0 ? undefined : BigInt(start);
}
