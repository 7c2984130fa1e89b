import { EXIT } from "../exit-codes.ts";
import type { WorkerFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** `verbatim worker`: performs jobs that were handed over until it is told to stop, which is its normal end. */
export async function worker(flags: WorkerFlags, { host, stdout, json }: Session): Promise<number> {
  await host.worker(flags, ({ name, capabilities }) => {
    const text = `worker ${name} performs ${capabilities.join(", ")}`;
    void (json ? stdout.json(`${JSON.stringify({ name, capabilities })}\n`) : stdout.line(safeText(text)));
  });
  return EXIT.succeeded;
}
