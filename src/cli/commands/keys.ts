import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** `verbatim keys`: the public key that this installation signs with. */
export async function keys(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { pem, keyId, algorithm } = await connection.client.evidence.getPublicKey({});
  if (json) await stdout.json(`${JSON.stringify({ key_id: keyId, algorithm, public_key: pem })}\n`);
  else await stdout.write(`# ${safeText(algorithm)}, key id ${safeText(keyId)}\n${pem}`);
  return EXIT.succeeded;
}
