import { EXIT } from "../exit-codes.ts";
import type { ServeFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** `verbatim serve`: runs a server until it is told to stop, which is its normal end. */
export async function serve(flags: ServeFlags, { host, stdout, json }: Session): Promise<number> {
  await host.serve(flags, (address) => {
    // One short line: whether its reader waits for it is no concern of the server.
    void (json ? stdout.json(`${JSON.stringify({ address })}\n`) : stdout.line(`listening on ${safeText(address)}`));
  });
  return EXIT.succeeded;
}
