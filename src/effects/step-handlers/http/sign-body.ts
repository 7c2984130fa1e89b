import { createHmac } from "node:crypto";

/** Headers by which a receiver knows who sent a body and when. */
export interface SignatureHeaders {
  /** Seconds since 1970. */
  readonly "verbatim-timestamp": string;
  /** `v1=` and the HMAC-SHA256, in hexadecimal digits, of the timestamp, a full stop and the body's bytes. */
  readonly "verbatim-signature": string;
}

/** Signs a body that is sent at a time (seconds since 1970). */
export function signBody(body: Uint8Array, { secret, seconds }: { secret: string; seconds: number }): SignatureHeaders {
  const mac = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex");
  return { "verbatim-timestamp": String(seconds), "verbatim-signature": `v1=${mac}` };
}
