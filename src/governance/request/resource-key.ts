import type { ProposedChange } from "./change-request.ts";

/**
 * The resource key of a change: what its step has as target and the platform's journal as key. It is
 * `capability/<name>`, `capability/<name>/parameters/<parameter>` or `configuration/<key>`.
 */
export function resourceKeyOf(change: ProposedChange): string {
  if (change.type === "configuration_update") return `configuration/${change.key}`;
  if (change.type === "parameter_change") return `capability/${change.capability}/parameters/${change.parameter}`;
  return `capability/${change.capability}`;
}
