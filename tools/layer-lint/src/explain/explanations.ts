import type { Reading } from "../check.ts";
import type { Law, LawKind } from "../laws/law.ts";
import type { ReportedFinding } from "../report/finding.ts";
import { printable } from "../report/printable.ts";
import { prettyFinding } from "../report/pretty.ts";
import type { Report } from "../report/report.ts";
import { count } from "../report/summary.ts";
import type { View } from "../report/view.ts";
import { KIND_EXAMPLES } from "./examples.ts";

/** What explanations are made of. */
export interface Known {
  readonly report: Report;
  readonly reading: Reading;
  readonly view: View;
}

/** A law of the configuration: what it says, how it is configured here, what breaks it, how often it is broken. */
export function explainLaw(law: Law, known: Known): string {
  const { report, reading, view } = known;
  const { config } = reading;
  const place = config.places.at(["laws", law.id]);
  const entry = JSON.stringify(config.entries.laws?.[law.id], undefined, 2).split("\n");
  return text([
    `${view.paint("bold", law.id)} ${law.kind}${law.strict ? ", strict: nothing may be excused from it" : ""}`,
    ...says(law.kind),
    "",
    `Why: ${law.why}`,
    `Do:  ${law.help}`,
    "",
    `In ${config.file}:${place.line}:`,
    ...entry.map((line) => `    ${line}`),
    "",
    ...example(law.kind),
    now(law.id, report),
    ...report.violations.filter((finding) => finding.law === law.id).map(findingLine),
  ]);
}

/** A kind of law, and the laws of the configuration that are of it. */
export function explainKind({ kind, why, help }: LawKind, { report, reading, view }: Known): string {
  const laws = reading.laws.filter((law) => law.kind === kind);
  return text([
    `${view.paint("bold", kind)} is a kind of law`,
    ...says(kind),
    "",
    `Why: ${why}`,
    `Do:  ${help}`,
    "",
    ...example(kind),
    ...(laws.length === 0 ? [`No law of ${reading.config.file} is of this kind.`] : []),
    ...laws.flatMap((law) => [`${law.id}: ${law.why}`, now(law.id, report)]),
  ]);
}

/** Findings with the code of every place on their way. */
export function explainFindings(findings: readonly ReportedFinding[], known: Known): string {
  return findings.map((finding) => explainFinding(finding, known)).join("\n");
}

function explainFinding(finding: ReportedFinding, { reading, view }: Known): string {
  const { chain, law: id, fingerprint } = finding;
  const inner = chain.slice(1, -1).flatMap((hop) => {
    const frame = view.frame(hop);
    return frame.length === 0
      ? []
      : [`    ${printable(`${hop.file}:${hop.line}`)}`, ...frame.map((each) => `    ${each}`)];
  });
  const law = reading.laws.find((each) => each.id === id);
  return text([
    prettyFinding(finding, view),
    ...(inner.length === 0 ? [] : ["On the way:", ...inner, ""]),
    ...(law === undefined ? [] : [...says(law.kind), ""]),
    ...(chain.length > 2 && chain[0]?.specifier !== undefined
      ? ["Any one of these imports can be cut; the last that is still needed by others is seldom the right one.", ""]
      : []),
    `Its fingerprint, which stays when lines move: ${fingerprint}`,
  ]);
}

function says(kind: string): string[] {
  const known = KIND_EXAMPLES[kind];
  return known === undefined ? [] : [known.says];
}

function example(kind: string): string[] {
  const known = KIND_EXAMPLES[kind];
  if (known === undefined) return [];
  const { file, breaks, keeps } = known;
  const kept =
    keeps === "" ? ["Kept: without that file, or with its folder in a layer."] : ["Kept:", ...indented(keeps)];
  return [`Broken, for example in ${file}:`, ...indented(breaks), ...kept, ""];
}

/** More lines say nothing more. */
const MAX_EXAMPLE_LINES = 5;

function indented(code: string): string[] {
  const lines = code.trimEnd().split("\n");
  const rest = lines.length > MAX_EXAMPLE_LINES ? [`    ... (${lines.length} lines)`] : [];
  return [...lines.slice(0, MAX_EXAMPLE_LINES).map((each) => `    ${each}`), ...rest];
}

function now(id: string, report: Report): string {
  const found = report.violations.filter((finding) => finding.law === id).length;
  return found === 0 ? `${id} is kept now.` : `${id} is broken now: ${count(found, "finding")}.`;
}

function findingLine({ file, line: at, message, id }: ReportedFinding): string {
  return printable(`    ${file}:${at}  ${message}  ${id}`);
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n").trimEnd()}\n`;
}
