import { EXIT } from "../exit-codes.ts";
import type { SignerFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** `verbatim signer`: signs for other processes until it is told to stop, which is its normal end. */
export async function signer(flags: SignerFlags, { host, stdout, json }: Session): Promise<number> {
  await host.signer(flags, ({ keyId, algorithm, socket }) => {
    const text = `signing on ${socket} with the ${algorithm} key ${keyId}`;
    void (json
      ? stdout.json(`${JSON.stringify({ socket, key_id: keyId, algorithm })}\n`)
      : stdout.line(safeText(text)));
  });
  return EXIT.succeeded;
}
