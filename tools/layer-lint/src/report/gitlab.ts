import { chainInLine } from "./concise.ts";
import type { ReportedFinding } from "./finding.ts";
import { printable } from "./printable.ts";
import type { View } from "./view.ts";

/** GitLab's Code Quality report. What could not be proven blocks, as there is no other way to say it there. */
export function gitlab({ shown }: View): string {
  return `${JSON.stringify(shown.map(issue), undefined, 2)}\n`;
}

function issue({ fingerprint, file, line, law, rule, severity, message, chain, why, help }: ReportedFinding): object {
  const doubt = severity === "unproven" ? "cannot be proven: " : "";
  const way = chain.length === 0 ? "" : ` [${chainInLine(chain)}]`;
  return {
    type: "issue",
    check_name: law,
    description: printable(`${law} ${rule}: ${doubt}${message}${way}`),
    content: { body: printable(`${why} ${help}`) },
    categories: ["Style"],
    severity: severity === "unproven" ? "blocker" : "critical",
    fingerprint,
    location: { path: file, lines: { begin: line } },
  };
}
