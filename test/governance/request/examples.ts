import { deepFreeze } from "../support/deep-freeze.ts";

/** A request with changes: `undefined` takes a member away, any value is let through. */
export function requestWith(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const request: Record<string, unknown> = {
    source: "support_ticket",
    reference: "T-1234",
    submittedBy: "ada",
    title: "Enable http.post for the support team",
    description: "The team wants to post to its own ticket system.",
    urgency: "normal",
    changes: [{ type: "capability_enable", capability: "http.post" }],
    capabilities: ["http.post"],
    ...changes,
  };
  for (const [name, value] of Object.entries(request)) if (value === undefined) delete request[name];
  return deepFreeze(structuredClone(request));
}

/** One change of each type, each of another resource, and the capabilities that they touch. */
export const ONE_OF_EACH = {
  changes: [
    { type: "capability_enable", capability: "http.post" },
    { type: "capability_disable", capability: "SYSTEM" },
    { type: "configuration_update", key: "retry.limit", value: { most: 3 } },
    { type: "parameter_change", capability: "http.post", parameter: "timeout_ms", value: null },
  ],
  capabilities: ["http.post", "SYSTEM", "configuration"],
} as const;
