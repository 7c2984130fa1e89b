import { chainInLine } from "./concise.ts";
import type { ReportedFinding } from "./finding.ts";
import type { Report, ReportedLaw } from "./report.ts";
import { coverage, verdict } from "./summary.ts";
import type { View } from "./view.ts";

/** JUnit's XML: one suite a law; a finding is a failing case, and what could not be proven is an error. */
export function junit({ report, shown }: View): string {
  const known = report.laws.map((law) => law.id);
  const others = [...new Set(shown.map((finding) => finding.law))].filter((law) => !known.includes(law));
  const suites = [...others, ...known].map((law) =>
    suite(law, { report, findings: shown.filter((f) => f.law === law) }),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="layer-lint" ${numbers(suites.flatMap(({ cases }) => cases))}>`,
    ...suites.flatMap(({ lines }) => lines),
    "</testsuites>",
    "",
  ].join("\n");
}

/** How a case ended, and its XML. */
interface Case {
  readonly end: "passed" | "failure" | "error" | "skipped";
  readonly xml: string;
}

function suite(
  id: string,
  { report, findings }: { readonly report: Report; readonly findings: readonly ReportedFinding[] },
): { readonly cases: readonly Case[]; readonly lines: readonly string[] } {
  const law = report.laws.find((each) => each.id === id);
  const cases = findings.length === 0 ? [quietCase(id, { law, report })] : findings.map(findingCase);
  const lines = [
    `  <testsuite name="${attribute(id)}" ${numbers(cases)}>`,
    ...cases.map(({ xml }) => xml),
    `    <system-out>${content([...coverage(report), verdict(report)].join("\n"))}</system-out>`,
    "  </testsuite>",
  ];
  return { cases, lines };
}

function findingCase(finding: ReportedFinding): Case {
  const { severity, law, rule, file, line, column, message, chain, why, help, id } = finding;
  const end = severity === "violation" ? "failure" : "error";
  const place = `${file}:${line}:${column}`;
  const body = [message, place, ...(chain.length === 0 ? [] : [chainInLine(chain)]), `why: ${why}`, `do: ${help}`];
  const xml = [
    `    <testcase classname="${attribute(law)}" name="${attribute(`${place} ${id}`)}" file="${attribute(file)}" line="${line}">`,
    `      <${end} type="${attribute(rule)}" message="${attribute(message)}">${content(body.join("\n"))}</${end}>`,
    "    </testcase>",
  ].join("\n");
  return { end, xml };
}

/** A law without findings passes only if the check as a whole could be done. */
function quietCase(
  id: string,
  { law, report }: { readonly law: ReportedLaw | undefined; readonly report: Report },
): Case {
  const head = `    <testcase classname="${attribute(id)}" name="${attribute(law?.kind ?? "")}"`;
  const doubt = report.exitCode === 2 ? "it cannot be proven" : undefined;
  if (doubt === undefined) return { end: "passed", xml: `${head}/>` };
  return { end: "skipped", xml: `${head}><skipped message="${doubt}"/></testcase>` };
}

function numbers(cases: readonly Case[]): string {
  const ended = (end: Case["end"]): number => cases.filter((each) => each.end === end).length;
  return `tests="${cases.length}" failures="${ended("failure")}" errors="${ended("error")}" skipped="${ended("skipped")}"`;
}

/** Characters that XML 1.0 does not have, not even escaped. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const NO_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

function content(text: string): string {
  const characters = text.toWellFormed().replace(NO_XML, "\uFFFD");
  return characters.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#13;");
}

function attribute(text: string): string {
  return content(text).replaceAll('"', "&quot;").replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");
}
