import type { ReportedFinding } from "./finding.ts";
import { code, codeBlock, table, text } from "./markdown-text.ts";
import { printable } from "./printable.ts";
import { prettyCanary, prettyChain } from "./pretty.ts";
import { count, coverage, verdict } from "./summary.ts";
import type { View } from "./view.ts";

/** The report as a page: the verdict, a table of all findings, and each with its code and chain. */
export function markdown(view: View): string {
  const { report, shown, omitted } = view;
  const rows = shown.map(({ law, severity, file, line, column, message }) => [
    text(severity === "violation" ? law : `${law} (cannot be proven)`),
    code(`${file}:${line}:${column}`),
    text(message),
  ]);
  const canary = report.canary === undefined ? [] : [codeBlock(prettyCanary(report.canary))];
  const parts = [
    `## layer-lint: ${text(verdict(report))}`,
    ...coverage(report).map(text),
    ...(rows.length === 0 ? [] : [table(["law", "place", "what was seen"], rows)]),
    ...(omitted === 0 ? [] : [`... and ${count(omitted, "finding")} more`]),
    ...canary,
    ...shown.map((finding) => details(finding, view)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function details(finding: ReportedFinding, { frame }: View): string {
  const { law, rule, file, line, column, message, chain, why, help } = finding;
  const seen = [...frame({ file, line, column }), ...prettyChain(chain).map((hop) => hop.trim())];
  return [
    `<details><summary>${html(`${law} ${rule}: ${file}:${line}`)}</summary>`,
    text(message),
    ...(seen.length === 0 ? [] : [codeBlock(seen)]),
    `**Why:** ${text(why)}`,
    `**Do:** ${text(help)}`,
    "</details>",
  ].join("\n\n");
}

function html(value: string): string {
  return printable(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
