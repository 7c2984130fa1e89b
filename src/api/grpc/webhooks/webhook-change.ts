import { createHash } from "node:crypto";
import type { ChangeOperation, CommittedChange, Violation } from "#model";
import { refuseIfAny } from "../checks.ts";
import { toldRecord } from "../work-messages.ts";
import type { WebhookEndpoint } from "./webhook-endpoint.ts";

const BODY_DIGITS = 32;

/** The change that a signed delivery tells of; undefined = it asks for nothing. @throws {Fault} INVALID_REQUEST with every problem. */
export function changeOfDelivery(
  body: Uint8Array,
  deliveryId: string,
  endpoint: WebhookEndpoint,
): CommittedChange | undefined {
  const { name, entity, oncePer, record: recordAt, old: oldAt } = endpoint;
  const violations: Violation[] = [];
  const document = documentOf(body, violations);
  refuseIfAny(violations);
  const operation = operationOf(document, endpoint);
  if (operation === undefined) return undefined;
  const digest = createHash("sha256").update(body).digest("hex").slice(0, BODY_DIGITS);
  const changeId = `webhook.${name}.${oncePer === "body" ? digest : deliveryId}`;
  const record = recordAtPlace(document, recordAt, violations);
  const old = oldAt === undefined ? undefined : recordAtPlace(document, oldAt, violations);
  refuseIfAny(violations);
  return { changeId, entity, operation, record, old };
}

function documentOf(body: Uint8Array, violations: Violation[]): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    violations.push({ field: "body", description: "is no JSON in UTF-8" });
    return undefined;
  }
}

function operationOf(document: unknown, { operation }: WebhookEndpoint): ChangeOperation | undefined {
  if (typeof operation === "string") return operation;
  const said = valueAt(document, operation.at);
  return typeof said === "string" ? operation.is.get(said) : undefined;
}

function recordAtPlace(document: unknown, pointer: string, violations: Violation[]) {
  const value = valueAt(document, pointer);
  const bytes = value === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(value));
  return toldRecord(`body${pointer}`, bytes, violations);
}

/** RFC 6901. Undefined = there is nothing at that place. */
function valueAt(document: unknown, pointer: string): unknown {
  const names = pointer.split("/").slice(1);
  return names.reduce<unknown>((value, escaped) => {
    const name = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    return (value as Readonly<Record<string, unknown>>)[name]; // an own member
  }, document);
}
