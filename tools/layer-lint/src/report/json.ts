import type { View } from "./view.ts";

/** The report for programs; the keys are described in the README. */
export function json({ report, shown, omitted }: View): string {
  const violations = omitted === 0 ? { violations: shown } : { omitted, violations: shown };
  return `${JSON.stringify({ ...report, ...violations }, undefined, 2)}\n`;
}
