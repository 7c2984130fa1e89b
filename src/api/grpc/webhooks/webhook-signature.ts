import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { WebhookEndpoint } from "./webhook-endpoint.ts";
import type { DeliveryClaims } from "./webhook-headers.ts";

const BODY = "{body}";

/**
 * Whether the sender has signed these very bytes. The comparison takes the same time wherever two signatures differ, and knows one way
 * only to write the right one: other letters, missing ones and another prefix are wrong.
 */
export function isSigned(body: Uint8Array, claims: DeliveryClaims, endpoint: WebhookEndpoint): boolean {
  const { secret, signed, signatureEncoding, signaturePrefix } = endpoint;
  const before = signed.slice(0, -BODY.length).replace("{id}", claims.id).replace("{timestamp}", claims.timestamp);
  const hmac = createHmac("sha256", secret).update(before).update(body).digest(signatureEncoding);
  return timingSafeEqual(sha256(claims.signature), sha256(`${signaturePrefix}${hmac}`));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
