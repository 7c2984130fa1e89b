import { readVersion } from "../version.ts";
import type { Finding, Hop, ReportedFinding } from "./finding.ts";
import type { AcceptedFinding, Report, ReportedLaw } from "./report.ts";
import { coverage, verdict } from "./summary.ts";
import type { View } from "./view.ts";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const ROOT_ID = "%SRCROOT%";

/** SARIF 2.1.0, for code scanning. A check that could not be done says so: `executionSuccessful` is false. */
export function sarif({ report, shown }: View): string {
  const rules = rulesOf(report, shown);
  const indexOf = (finding: Finding): number => rules.findIndex((rule) => rule.id === finding.law);
  const accepted = report.baseline?.accepted ?? [];
  const run = {
    tool: { driver: { name: "layer-lint", semanticVersion: readVersion(), rules: rules.map(descriptor) } },
    invocations: [invocation(report, shown)],
    columnKind: "utf16CodeUnits",
    originalUriBaseIds: { [ROOT_ID]: { description: { text: "The folder of the checked project." } } },
    results: [
      ...shown.map((finding) => result(finding, indexOf(finding))),
      ...accepted.map((finding) => ({ ...result(finding, indexOf(finding)), suppressions: [suppression(finding)] })),
    ],
    properties: { coverage: coverage(report), verdict: verdict(report) },
  };
  return `${JSON.stringify({ $schema: SCHEMA, version: "2.1.0", runs: [run] }, undefined, 2)}\n`;
}

type Rule = Pick<ReportedLaw, "id" | "kind" | "why" | "help">;

/** The laws of the configuration, and what else findings are about. */
function rulesOf({ laws }: Report, shown: readonly Finding[]): Rule[] {
  const others = new Map(
    shown
      .filter((finding) => !laws.some((law) => law.id === finding.law))
      .map(({ law, rule, why }) => [
        law,
        { id: law, kind: rule, why, help: "Mend what keeps the check from proving." },
      ]),
  );
  return [...laws, ...others.values()];
}

function descriptor({ id, kind, why, help }: Rule): object {
  return {
    id,
    name: kind,
    shortDescription: { text: `${id}: ${kind}` },
    fullDescription: { text: why },
    help: { text: help, markdown: `**Why:** ${why}\n\n**Do:** ${help}` },
    defaultConfiguration: { level: "error" },
    properties: { tags: ["architecture"], "problem.severity": "error" },
  };
}

function invocation({ exitCode }: Report, shown: readonly ReportedFinding[]): object {
  const meaning = ["every law is kept", "a law is broken", "it cannot be proven"][exitCode];
  return {
    executionSuccessful: exitCode !== 2,
    exitCode,
    exitCodeDescription: meaning,
    toolExecutionNotifications: shown
      .filter((finding) => finding.severity === "unproven")
      .map((finding) => ({ level: "error", message: { text: finding.message }, locations: [location(finding)] })),
  };
}

function result(finding: ReportedFinding, ruleIndex: number): object {
  const { law, severity, message, chain, help, fingerprint } = finding;
  const doubt = severity === "unproven" ? "Cannot be proven: " : "";
  return {
    ruleId: law,
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    kind: "fail",
    level: "error",
    message: { text: `${doubt}${message}. ${help}` },
    locations: [location(finding)],
    partialFingerprints: { "layerLint/v1": fingerprint },
    ...(chain.length === 0 ? {} : { codeFlows: [codeFlow(chain)] }),
  };
}

function codeFlow(chain: readonly Hop[]): object {
  const locations = chain.map((hop) => {
    const text = hop.specifier === undefined ? "is reached" : `names "${hop.specifier}"`;
    return { location: { ...location(hop), message: { text } } };
  });
  return { threadFlows: [{ locations }] };
}

function suppression({ reason, owner, expires }: AcceptedFinding): object {
  return { kind: "external", status: "accepted", justification: `${reason} (${owner}, until ${expires})` };
}

function location({
  file,
  line,
  column,
}: {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}): object {
  const uri = file.toWellFormed().split("/").map(encodeURIComponent).join("/");
  const region = { startLine: line, ...(column === undefined ? {} : { startColumn: column }) };
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: ROOT_ID }, region } };
}
