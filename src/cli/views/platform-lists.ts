import type { Json, JsonObject, PlatformCapability, PlatformChange, PlatformValue } from "#model";
import { tableText } from "../text/table.ts";

interface Place {
  readonly columns: number;
}

/** A line for each capability, and one for each parameter that was set. */
export function capabilitiesText(capabilities: readonly PlatformCapability[], { columns }: Place): string {
  if (capabilities.length === 0)
    return "No capabilities: the configuration declares none (key `platform.capabilities`).\n";
  const rows = capabilities.flatMap(({ name, state, frozen, parameters }) => [
    [name, state, frozen ? "frozen" : "", ""],
    ...Object.entries(parameters).map(([parameter, value]) => [`  ${parameter}`, "", "", shown(value)]),
  ]);
  return tableText(["NAME", "STATE", "", "VALUE"], rows, columns);
}

/** A line for each value. */
export function configurationText(values: readonly PlatformValue[], { columns }: Place): string {
  if (values.length === 0) return "Nothing stands in the platform's configuration.\n";
  const rows = values.map(({ key, value, version, changedAt, changedBy }) => [
    key,
    String(version),
    changedAt,
    changedBy ?? "(nobody named)",
    shown(value),
  ]);
  return tableText(["KEY", "VERSION", "CHANGED", "BY", "VALUE"], rows, columns);
}

/** A line for each entry of the journal. */
export function changesText(changes: readonly PlatformChange[], more: boolean, { columns }: Place): string {
  if (changes.length === 0) return "No changes.\n";
  const rows = changes.map(({ seq, key, change, before, after, by, at }) => [
    String(seq),
    at,
    key,
    by ?? "(nobody named)",
    `${change === "insert" ? "nothing" : shown(before)} -> ${change === "delete" ? "nothing" : shown(after)}`,
  ]);
  const last = changes.at(-1)?.seq ?? 0;
  const next = more ? `... there are more; --after ${last} lists them\n` : "";
  return `${tableText(["SEQ", "AT", "KEY", "BY", "CHANGE"], rows, columns)}${next}`;
}

/** A capability for programs. */
export function capabilityJson({ name, state, frozen, parameters }: PlatformCapability): JsonObject {
  return { name, state, frozen, parameters };
}

/** A value for programs. */
export function valueJson({ key, value, version, changedAt, changedBy }: PlatformValue): JsonObject {
  return { key, value, version, changed_at: changedAt, changed_by: changedBy };
}

/** An entry of the journal for programs. */
export function changeJson({ seq, key, change, before, after, by, at }: PlatformChange): JsonObject {
  return { seq, key, change, before, after, by, at };
}

function shown(value: Json): string {
  return JSON.stringify(value);
}
