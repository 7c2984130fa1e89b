import type { IncomingMessage } from "node:http";
import type { Clock } from "#model";
import type { Refusal, WebhookEndpoint } from "./webhook-endpoint.ts";

/** A body on its way. */
export interface ComingBody {
  /** The whole of it; or why it is not read any further. Never rejects. */
  readonly came: Promise<Buffer | Refusal>;
  /** Reads no further: others have to be read. */
  readonly giveUp: () => void;
}

/** Reads a body to its end, to the endpoint's bound of bytes, or to its bound of time. What is over the bound is not read. */
export function readWebhookBody(
  request: IncomingMessage,
  { maxBytes, bodyMs }: Pick<WebhookEndpoint, "maxBytes" | "bodyMs">,
  clock: Clock,
): ComingBody {
  const { promise: came, resolve } = Promise.withResolvers<Buffer | Refusal>();
  const pieces: Buffer[] = [];
  let bytes = 0;
  const finish = (what: Buffer | Refusal): void => {
    stopTimer();
    request.off("data", take).off("end", end).off("close", cut).off("error", cut);
    request.on("error", () => undefined); // it is not read any more: nobody else would hear it
    request.pause();
    resolve(what);
  };
  const take = (piece: Buffer): void => {
    bytes += piece.length;
    if (bytes > maxBytes) finish("body_too_large");
    else pieces.push(piece);
  };
  const end = (): void => finish(bytes === 0 ? "body_empty" : Buffer.concat(pieces, bytes));
  const cut = (): void => finish("body_cut");
  const stopTimer = clock.after(bodyMs, () => finish("body_slow"));
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) finish("body_too_large");
  else request.on("data", take).once("end", end).once("close", cut).once("error", cut);
  return { came, giveUp: () => finish("crowded_out") };
}
