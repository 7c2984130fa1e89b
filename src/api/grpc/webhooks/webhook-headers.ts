import type { Refusal, WebhookEndpoint } from "./webhook-endpoint.ts";

/** The head of a request, as far as a delivery is judged by it. */
export interface DeliveryHead {
  readonly method?: string | undefined;
  /** Names and values in turn, each as often as it came. */
  readonly rawHeaders: readonly string[];
}

/** What the head of a delivery says. */
export interface DeliveryClaims {
  readonly id: string;
  /** As it was written: that is what was signed. Empty where the endpoint has none. */
  readonly timestamp: string;
  readonly signature: string;
}

/** No character of it stands in the texts between the parts of what is signed: no two deliveries are signed by one text. */
const DELIVERY_ID = /^[A-Za-z0-9_-]{1,80}$/;
const SECONDS = /^[1-9]\d{0,11}$/;
const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;

/** What the head claims, or why it is refused. Nothing of it is proven. */
export function deliveryClaims(
  head: DeliveryHead,
  endpoint: WebhookEndpoint,
  nowMs: number,
): DeliveryClaims | { readonly refusal: Refusal } {
  const { method, rawHeaders } = head;
  const refusal = unfitHead(method, rawHeaders);
  if (refusal !== undefined) return { refusal };
  const id = onlyValue(rawHeaders, endpoint.deliveryHeader);
  if (id === undefined || !DELIVERY_ID.test(id)) return { refusal: "delivery_id" };
  const timestamp = timestampOf(rawHeaders, endpoint, nowMs);
  if (timestamp === undefined) return { refusal: "timestamp" };
  const signature = onlyValue(rawHeaders, endpoint.signatureHeader);
  if (signature === undefined) return { refusal: "signature" };
  return { id, timestamp, signature };
}

function unfitHead(method: string | undefined, rawHeaders: readonly string[]): Refusal | undefined {
  if (method !== "POST") return "method";
  if (isOfBrowser(rawHeaders)) return "browser";
  if (!JSON_TYPE.test(onlyValue(rawHeaders, "content-type") ?? "")) return "content_type";
  const [encodings, transfers] = [valuesOf(rawHeaders, "content-encoding"), valuesOf(rawHeaders, "transfer-encoding")];
  if (encodings.length > 0 || transfers.some((value) => value.toLowerCase() !== "chunked")) return "content_encoding";
  return undefined;
}

/** No sender of webhooks is a page: whatever names one, or says that a browser sends it, is none. */
function isOfBrowser(rawHeaders: readonly string[]): boolean {
  return namesOf(rawHeaders).some((name) => name === "origin" || name.startsWith("sec-fetch-"));
}

function timestampOf(rawHeaders: readonly string[], { timestamp }: WebhookEndpoint, nowMs: number): string | undefined {
  if (timestamp === undefined) return "";
  const text = onlyValue(rawHeaders, timestamp.header);
  if (text === undefined || !SECONDS.test(text)) return undefined;
  return Math.abs(nowMs / 1000 - Number(text)) <= timestamp.toleranceSeconds ? text : undefined;
}

/** The value of a header that came once; undefined if it did not come, or came again. */
function onlyValue(rawHeaders: readonly string[], name: string): string | undefined {
  const values = valuesOf(rawHeaders, name);
  return values.length === 1 ? values[0] : undefined;
}

function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_value, place) => place % 2 === 1 && rawHeaders[place - 1]?.toLowerCase() === name);
}

function namesOf(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_name, place) => place % 2 === 0).map((name) => name.toLowerCase());
}
