import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";

/** `verbatim scheduler`: drives plans until it is told to stop, which is its normal end. */
export async function scheduler(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await host.scheduler(flags, () => {
    void (json ? stdout.json(`${JSON.stringify({ drives: true })}\n`) : stdout.line("driving plans"));
  });
  return EXIT.succeeded;
}
