import { chainInLine } from "./concise.ts";
import type { ReportedFinding } from "./finding.ts";
import { printable } from "./printable.ts";
import { count, coverage, verdict } from "./summary.ts";
import type { View } from "./view.ts";

/** Annotations for GitHub's pull requests: workflow commands on the standard output, then the summary as plain lines. */
export function github({ report, shown, omitted }: View): string {
  const rest = omitted === 0 ? [] : [`... and ${count(omitted, "finding")} more`];
  const lines = [...rest, ...coverage(report), verdict(report)].map(printable);
  return [...shown.map(annotation), ...lines, ""].join("\n");
}

function annotation({ file, line, column, law, rule, severity, message, chain, why, help }: ReportedFinding): string {
  const title = severity === "violation" ? `${law} ${rule}` : `${law} cannot be proven`;
  const way = chain.length === 0 ? [] : [chainInLine(chain)];
  const properties = [`file=${property(file)}`, `line=${line}`, `col=${column}`, `title=${property(title)}`];
  return `::error ${properties.join(",")}::${data([message, ...way, `why: ${why}`, `do: ${help}`].join("\n"))}`;
}

/** A line end in it would otherwise begin a command of its own. */
function data(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map(printable)
    .join("\n")
    .replaceAll("%", "%25")
    .replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(printable(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
