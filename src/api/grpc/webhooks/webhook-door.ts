import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, Fault } from "#model";
import { FAULTS } from "#model";
import type { WorkDesk } from "#orchestration";
import { toldFault, toldMessage } from "../fault-details.ts";
import { guestOf } from "../guests.ts";
import { readWebhookBody } from "./webhook-body.ts";
import type { ComingBody } from "./webhook-body.ts";
import { changeOfDelivery } from "./webhook-change.ts";
import type { OnWebhook, Refusal, WebhookEndpoint } from "./webhook-endpoint.ts";
import { deliveryClaims } from "./webhook-headers.ts";
import { isSigned } from "./webhook-signature.ts";

/** What the paths of all endpoints begin with. */
export const WEBHOOK_PATH = "/webhooks/";

/** What the door stands on. */
export interface WebhookDoorOptions {
  readonly endpoints: readonly WebhookEndpoint[];
  readonly desk: Pick<WorkDesk, "publish">;
  readonly clock: Clock;
  readonly onWebhook: OnWebhook;
  readonly onInternalError: (error: unknown, method: string) => void;
}

/** Bodies that are read at a time. For one more, the one is given up that has been coming for the longest. */
const BODIES_AT_A_TIME = 16;
/** How long a refused sender has to read why before his connection is closed, milliseconds. */
const LAST_ANSWER_MS = 100;
/** Of deliveries to no endpoint. */
const NO_ENDPOINT = "none";

/** One text for all that is refused: it tells nobody how near he came. */
const REFUSED = { code: "unauthenticated", message: "The delivery is refused." };
const TOO_LARGE = { code: "resource_exhausted", message: "The body is too large." };

/** Takes signed deliveries of other systems in, each as a committed change. What is not signed changes nothing. */
export class WebhookDoor {
  readonly #options: WebhookDoorOptions;
  readonly #endpoints: ReadonlyMap<string, WebhookEndpoint>;
  /** The oldest first. */
  readonly #coming = new Set<ComingBody>();

  constructor(options: WebhookDoorOptions) {
    this.#options = options;
    this.#endpoints = new Map(options.endpoints.map((endpoint) => [endpoint.path, endpoint]));
  }

  /** Whether a request is a delivery: by its path. */
  takes({ url }: IncomingMessage): boolean {
    return url?.startsWith(WEBHOOK_PATH) === true;
  }

  /** Answers a delivery. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, onInternalError } = this.#options;
    const endpoint = this.#endpoints.get(request.url ?? "");
    try {
      if (endpoint === undefined) return this.#refuse(request, response, { reason: "unknown_path" });
      const claims = deliveryClaims(request, endpoint, Date.parse(clock.now()));
      if ("refusal" in claims) return this.#refuse(request, response, { endpoint, reason: claims.refusal });
      const body = await this.#read(request, endpoint);
      if (typeof body === "string") return this.#refuse(request, response, { endpoint, reason: body });
      if (!isSigned(body, claims, endpoint)) return this.#refuse(request, response, { endpoint, reason: "signature" });
      guestOf(request)?.prove();
      await this.#takeIn(response, { endpoint, body, deliveryId: claims.id });
    } catch (error) {
      onInternalError(error, request.url ?? "");
      response.destroy();
    }
  }

  async #read(request: IncomingMessage, endpoint: WebhookEndpoint): Promise<Buffer | Refusal> {
    const [oldest] = this.#coming;
    if (this.#coming.size >= BODIES_AT_A_TIME) oldest?.giveUp();
    const coming = readWebhookBody(request, endpoint, this.#options.clock);
    this.#coming.add(coming);
    try {
      return await coming.came;
    } finally {
      this.#coming.delete(coming);
    }
  }

  async #takeIn(response: ServerResponse, { endpoint, body, deliveryId }: Delivery): Promise<void> {
    const { desk, onWebhook, onInternalError } = this.#options;
    const { name, path } = endpoint;
    try {
      const change = changeOfDelivery(body, deliveryId, endpoint);
      if (change === undefined) {
        onWebhook({ endpoint: name, outcome: "ignored" });
        return answer(response, { status: 200, body: { change_id: null, added: 0 } });
      }
      const { works, added } = await desk.publish(change);
      onWebhook({ endpoint: name, outcome: added > 0 ? "accepted" : "known" });
      answer(response, { status: 200, body: { change_id: change.changeId, work_ids: works, added } });
    } catch (error) {
      onWebhook({ endpoint: name, outcome: "failed", error });
      const fault = toldFault(error, (cause) => onInternalError(cause, path));
      const told = { code: FAULTS[fault.code].toLowerCase(), message: toldMessage(fault.message) };
      answer(response, { status: statusOf(fault), body: told });
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, { endpoint, reason }: Refused): void {
    const peer = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
    this.#options.onWebhook({ endpoint: endpoint?.name ?? NO_ENDPOINT, outcome: "refused", reason, peer });
    const [status, body] = reason === "body_too_large" ? [413, TOO_LARGE] : [401, REFUSED];
    answer(response, { status, body, last: true });
    // What has not been read would make the system cut the connection before the answer has arrived.
    if (!request.complete) this.#options.clock.after(LAST_ANSWER_MS, () => response.destroy());
  }
}

interface Delivery {
  readonly endpoint: WebhookEndpoint;
  readonly body: Buffer;
  readonly deliveryId: string;
}

interface Refused {
  readonly endpoint?: WebhookEndpoint;
  readonly reason: Refusal;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Whether the connection ends with it. */
  readonly last?: boolean;
}

function answer(response: ServerResponse, { status, body, last = false }: Answer): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": bytes.length,
    "cache-control": "no-store",
    ...(last && { connection: "close" }),
  });
  if (last && !response.req.complete) response.write(bytes);
  else response.end(bytes);
}

/** Senders try again what is not their fault, and let be what is. */
function statusOf(fault: Fault): number {
  const code = FAULTS[fault.code];
  if (code === "INVALID_ARGUMENT") return 422;
  if (code === "FAILED_PRECONDITION") return 409;
  if (code === "RESOURCE_EXHAUSTED") return 429;
  return code === "UNAVAILABLE" ? 503 : 500;
}
