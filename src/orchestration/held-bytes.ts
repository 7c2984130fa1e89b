import type { Job, Json } from "#model";

/** A step with its result, its hash and what the executor keeps of it. */
const STEP_BYTES = 1024;

/** One value of JSON: a reference to it and its own header. */
const VALUE_BYTES = 32;

/** A list or an object beside what is in it. */
const CONTAINER_BYTES = 80;

/**
 * What a job holds in memory from its acceptance to its end, in bytes, roughly: a small request can be many times larger in
 * memory than on the wire.
 */
export function heldBytes({ steps }: Job): number {
  let bytes = 0;
  for (const { target, stepType, parameters } of steps) {
    bytes += STEP_BYTES + target.length + stepType.length + bytesOf(parameters);
  }
  return bytes;
}

/** Checked before: a tree of bounded depth. */
function bytesOf(value: Json): number {
  if (typeof value === "string") return VALUE_BYTES + value.length;
  if (typeof value !== "object" || value === null) return VALUE_BYTES;
  let bytes = VALUE_BYTES + CONTAINER_BYTES;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) bytes += bytesOf(item);
    return bytes;
  }
  for (const [name, member] of Object.entries(value)) bytes += VALUE_BYTES + name.length + bytesOf(member);
  return bytes;
}
