import { styleText } from "node:util";
import type { CanaryReport } from "../canary/run-canary.ts";
import type { Finding } from "./finding.ts";
import type { Report } from "./report.ts";

/** The report for people: every finding with its chain, reason and help, then what was covered. */
export function pretty(report: Report): string {
  const findings = report.violations.map(prettyFinding);
  return [...findings, ...coverage(report), verdict(report), ""].join("\n");
}

/** The canary's report for people. */
export function prettyCanary({ laws, refused }: CanaryReport): string {
  const lines = laws.map(({ law, planted, missed }) => {
    if (planted === 0)
      return `${styleText("red", "blind")}   ${law}: nothing could be planted that it would have to see`;
    if (missed.length === 0) return `${styleText("green", "caught")}  ${law}: ${planted} planted`;
    return `${styleText("red", "missed")}  ${law}: ${missed.length} of ${planted} planted: ${missed.join(", ")}`;
  });
  return [
    ...(refused === undefined ? [] : [`${styleText("red", "The canary could not sing:")} ${refused}`]),
    ...lines,
    "",
  ].join("\n");
}

function prettyFinding({ severity, law, rule, file, line, column, message, chain, why, help }: Finding): string {
  const label = severity === "violation" ? styleText("red", law) : styleText("yellow", `${law} (cannot be proven)`);
  const hops = chain.map((hop, index) => {
    const names = hop.specifier === undefined ? "" : `  names "${hop.specifier}"`;
    return `    ${index === 0 ? "  " : "->"} ${hop.file}:${hop.line}${names}`;
  });
  return [
    `${label} ${rule}  ${styleText("bold", `${file}:${line}:${column}`)}`,
    `    ${message}`,
    ...hops,
    `    ${styleText("dim", "why:")}  ${why}`,
    `    ${styleText("dim", "do:")}   ${help}`,
    "",
  ].join("\n");
}

/** What was looked at, so that nobody takes silence for proof. */
export function coverage({ files, layers, edges, unresolved, reach, laws, excepted = [] }: Report): string[] {
  const ways = reach.map(({ law, from, reaches, forbidden }) => {
    const list = reaches.length === 0 ? "no other layer" : reaches.join(", ");
    return `; ${from} reaches ${list}: ${forbidden ? `FORBIDDEN (${law})` : "no forbidden path"}`;
  });
  const open = laws.filter((law) => !law.proven).map((law) => `${law.id} (${law.kind})`);
  return [
    `${count(files, "file")}, ${count(layers, "layer")}, ${count(edges, "edge")}, ${unresolved} unresolved${ways.join("")}`,
    ...excepted.map(
      ({ law, at, findings, owner, expires, reason }) =>
        `excepted: ${count(findings, "breach", "breaches")} of ${law} at ${at} until ${expires} (${owner}): ${reason}`,
    ),
    ...(open.length === 0 ? [] : [`declared, but not checked by this version: ${open.join(", ")}`]),
  ];
}

function verdict({ exitCode, violations, laws }: Report): string {
  const broken = violations.filter((finding) => finding.severity === "violation").length;
  const open = violations.length - broken;
  const tail = broken === 0 ? "" : count(broken, "violation");
  if (exitCode === 2)
    return styleText(
      "yellow",
      [`cannot be proven: ${count(open, "reason")}`, tail].filter((part) => part !== "").join(", "),
    );
  if (exitCode === 1) return styleText("red", tail);
  return styleText("green", `clean: ${count(laws.filter((law) => law.proven).length, "law")} kept`);
}

function count(number: number, noun: string, many = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : many}`;
}
