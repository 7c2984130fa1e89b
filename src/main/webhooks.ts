import { resolve } from "node:path";
import type { HooksPart, WebhookEndpoint } from "#api";
import { readSecret } from "#effects";
import type { Violation } from "#model";
import { Fault } from "#model";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { WebhookConfiguration } from "./webhook-configuration.ts";

const SECRET_BYTES_AT_LEAST = 16;
const SECRET_BYTES_AT_MOST = 4096;

/**
 * The endpoints that a configuration names; undefined = none.
 * @throws {Fault} INVALID_CONFIGURATION with every problem: without a secret, hooks and a side port there is no endpoint.
 */
export function configuredWebhooks(
  configuration: LoadedConfiguration,
  hooks: HooksPart | undefined,
): readonly WebhookEndpoint[] | undefined {
  const named = Object.entries(configuration.webhooks);
  if (named.length === 0) return undefined;
  const violations: Violation[] = [];
  if (configuration.http === undefined)
    violations.push({ field: "http", description: "is missing: webhooks come in by its port" });
  if (hooks === undefined)
    violations.push({ field: "hooks", description: "is missing: a webhook is a change that hooks follow" });
  const endpoints = named.map(([name, one]) => endpointOf(name, one, { base: configuration.base, violations }));
  for (const { name, entity } of endpoints)
    if (hooks?.loaded().set.entities.has(entity) === false)
      violations.push({
        field: `webhooks.${name}.entity`,
        description: `"${entity}" is not known to the file of hooks`,
      });
  violations.push(...shared(endpoints));
  if (violations.length === 0) return endpoints;
  const list = violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  throw new Fault("INVALID_CONFIGURATION", `Webhooks cannot be taken in:${list}`, { violations });
}

interface Gathering {
  readonly base: string;
  readonly violations: Violation[];
}

function endpointOf(name: string, one: WebhookConfiguration, gathering: Gathering): WebhookEndpoint {
  const { timestamp_header: timestampHeader, operation } = one;
  return {
    name,
    path: one.path,
    secret: secretOf(`webhooks.${name}.secret`, one, gathering),
    signatureHeader: one.header.toLowerCase(),
    signaturePrefix: one.prefix,
    signatureEncoding: one.scheme === "sha256-hex" ? "hex" : "base64",
    signed: one.signed ?? (timestampHeader === undefined ? "{body}" : "{timestamp}.{body}"),
    timestamp:
      timestampHeader === undefined
        ? undefined
        : { header: timestampHeader.toLowerCase(), toleranceSeconds: one.tolerance_seconds },
    deliveryHeader: one.delivery_header.toLowerCase(),
    oncePer: one.once_per,
    maxBytes: one.max_bytes,
    bodyMs: one.body_seconds * 1000,
    entity: one.entity,
    operation:
      typeof operation === "string" ? operation : { at: operation.at, is: new Map(Object.entries(operation.is)) },
    record: one.record,
    old: one.old,
  };
}

function secretOf(field: string, { secret }: WebhookConfiguration, { base, violations }: Gathering): Buffer {
  const read = readSecret("file" in secret ? { file: resolve(base, secret.file) } : secret, process.env);
  if (read.kind !== "value") {
    violations.push({ field, description: `cannot be read: ${read.problem}` });
    return Buffer.alloc(0);
  }
  const bytes = Buffer.from(read.value);
  if (bytes.length < SECRET_BYTES_AT_LEAST || bytes.length > SECRET_BYTES_AT_MOST || read.value.trim() === "") {
    const expected = `expected ${SECRET_BYTES_AT_LEAST} to ${SECRET_BYTES_AT_MOST}, and not blank`;
    violations.push({ field, description: `has ${bytes.length} bytes; ${expected}` });
  }
  return bytes;
}

/** Two endpoints with one secret would take the deliveries of one another. */
function shared(endpoints: readonly WebhookEndpoint[]): readonly Violation[] {
  return endpoints.flatMap(({ name, path, secret }, place) => {
    const others = endpoints.slice(0, place);
    const samePath = others.find((other) => other.path === path);
    const sameSecret = others.find((other) => secret.length > 0 && other.secret.equals(secret));
    return [
      ...(samePath ? [{ field: `webhooks.${name}.path`, description: `is that of ${samePath.name} too` }] : []),
      ...(sameSecret ? [{ field: `webhooks.${name}.secret`, description: `is that of ${sameSecret.name} too` }] : []),
    ];
  });
}
