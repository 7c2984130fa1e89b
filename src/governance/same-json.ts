import { LIMITS } from "#model";
import { membersOf } from "./unread.ts";

/**
 * Whether two JSON values are the same, whatever the order of members. What is nested deeper than 64 levels, or is no
 * JSON, is never the same as anything: sameness has to be shown.
 */
export function sameJson(one: unknown, other: unknown, depth = 0): boolean {
  if (typeof one !== "object" || one === null) return one === other && one !== undefined;
  if (typeof other !== "object" || other === null || depth >= LIMITS.jsonDepth) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [membersOf(one), membersOf(other)];
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name], depth + 1));
}
