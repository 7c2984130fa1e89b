import type { CanaryReport } from "../canary/canary-report.ts";
import type { Hop, ReportedFinding } from "./finding.ts";
import type { Paint } from "./paint.ts";
import { plain } from "./paint.ts";
import { printable } from "./printable.ts";
import { count, coverage, verdict } from "./summary.ts";
import type { View } from "./view.ts";

/** The report for people: every finding with its code, chain, reason and help, then what was covered. */
export function pretty(view: View): string {
  const { report, shown, omitted, paint } = view;
  const rest = omitted === 0 ? [] : [`... and ${count(omitted, "finding")} more`, ""];
  const canary = report.canary === undefined ? [] : prettyCanary(report.canary, paint);
  const findings = shown.map((finding) => prettyFinding(finding, view));
  return [...findings, ...rest, ...coverage(report), ...canary, verdict(report, paint), ""].join("\n");
}

/** The canary's report for people, line by line. */
export function prettyCanary({ laws, refused }: CanaryReport, paint: Paint = plain): string[] {
  const lines = laws.map(({ law, planted, missed }) => {
    if (planted === 0) return `${paint("red", "blind")}   ${law}: nothing could be planted that it would have to see`;
    if (missed.length === 0) return `${paint("green", "caught")}  ${law}: ${planted} planted`;
    return `${paint("red", "missed")}  ${law}: ${missed.length} of ${planted} planted: ${missed.join(", ")}`;
  });
  return [...(refused === undefined ? [] : [`${paint("red", "The canary could not sing:")} ${refused}`]), ...lines];
}

/** One finding for people. */
export function prettyFinding(finding: ReportedFinding, { frame, paint }: Pick<View, "frame" | "paint">): string {
  const { severity, law, rule, file, line, column, message, chain, why, help, id } = finding;
  const label = severity === "violation" ? paint("red", law) : paint("yellow", `${law} (cannot be proven)`);
  const place = paint("bold", printable(`${file}:${line}:${column}`));
  return [
    `${label} ${rule}  ${place}  ${paint("dim", id)}`,
    `    ${printable(message)}`,
    ...frame({ file, line, column }).map((text) => `    ${text.startsWith(">") ? text : paint("dim", text)}`),
    ...prettyChain(chain),
    `    ${paint("dim", "why:")}  ${printable(why)}`,
    `    ${paint("dim", "do:")}   ${printable(help)}`,
    "",
  ].join("\n");
}

/** A chain, one line a hop. */
export function prettyChain(chain: readonly Hop[]): string[] {
  return chain.map((hop, index) => {
    const names = hop.specifier === undefined ? "" : `  names "${hop.specifier}"`;
    return printable(`    ${index === 0 ? "  " : "->"} ${hop.file}:${hop.line}${names}`);
  });
}
