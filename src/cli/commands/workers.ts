import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { workerListText } from "../views/worker-list.ts";

/** `verbatim workers`: which workers live, and what waits for one. Exit code 3 if something waits that nobody serves. */
export async function workers(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  const seen = await host.workers(flags);
  if (json) await stdout.json(`${JSON.stringify(told(seen))}\n`);
  else await stdout.write(workerListText(seen));
  return seen.waiting.some(({ missing }) => missing !== undefined) ? EXIT.waiting : EXIT.succeeded;
}

function told({ workers: living, waiting }: Awaited<ReturnType<Session["host"]["workers"]>>): object {
  return {
    workers: living.map(({ name, serves, concurrency, busy, upMs, silentMs }) => ({
      name,
      serves,
      concurrency,
      busy,
      up_ms: Math.round(upMs),
      silent_ms: Math.round(silentMs),
    })),
    waiting: waiting.map(({ runId, needs, waitedMs, missing }) => ({
      run_id: runId,
      needs,
      waited_ms: Math.round(waitedMs),
      unserved: missing !== undefined,
      ...(missing !== undefined && { missing }),
    })),
  };
}
