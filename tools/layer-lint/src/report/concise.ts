import type { Hop, ReportedFinding } from "./finding.ts";
import { printable } from "./printable.ts";
import { count, verdict } from "./summary.ts";
import type { View } from "./view.ts";

/** One line a finding, as editors and `grep` like it, and one that says how the check ended. */
export function concise({ report, shown, omitted }: View): string {
  const rest = omitted === 0 ? [] : [`... and ${count(omitted, "finding")} more`];
  return [...shown.map(conciseFinding), ...rest, verdict(report), ""].join("\n");
}

/** A finding in one line. */
export function conciseFinding({ file, line, column, law, severity, message, chain }: ReportedFinding): string {
  const doubt = severity === "unproven" ? " (cannot be proven)" : "";
  const way = chain.length === 0 ? "" : ` [${chainInLine(chain)}]`;
  return printable(`${file}:${line}:${column} ${law}${doubt} ${message}${way}`);
}

/** A chain in one line: `src/a.ts:3 -> src/b.ts:1`. */
export function chainInLine(chain: readonly Hop[]): string {
  return chain.map(({ file, line }) => `${file}:${line}`).join(" -> ");
}
