import type { Layout } from "../config/layout.ts";
import type { ModuleGraph } from "../graph/module-graph.ts";
import { reachableFrom } from "../graph/reach.ts";
import type { UsedException } from "../laws/exceptions.ts";
import type { Law } from "../laws/law.ts";
import type { CanaryReport } from "../canary/canary-report.ts";
import type { Finding, ReportedFinding } from "./finding.ts";
import { inOrder } from "./finding.ts";
import { identified } from "./fingerprint.ts";

/** How far a sealed layer reaches. */
export interface Reach {
  readonly law: string;
  readonly from: string;
  /** The layers that it reaches, directly or by way of others, types included. */
  readonly reaches: readonly string[];
  /** Whether the law is broken. */
  readonly forbidden: boolean;
}

/** What a check found. */
export interface Report {
  /** Whether nothing was found at all. */
  readonly ok: boolean;
  /** 0 clean, 1 laws are broken, 2 it cannot be proven. */
  readonly exitCode: 0 | 1 | 2;
  /** Modules that were read. */
  readonly files: number;
  readonly layers: number;
  /** Imports of one file of the project by another. */
  readonly edges: number;
  /** Imports that lead nowhere. */
  readonly unresolved: number;
  /** For every law that seals a layer: which layers it reaches, and whether the law is broken. */
  readonly reach: readonly Reach[];
  /** The laws of the configuration. */
  readonly laws: readonly ReportedLaw[];
  /** Known breaches that the configuration lets pass; absent if there are none. */
  readonly excepted?: readonly UsedException[];
  /** All findings by place, also those that say that something could not be proven. */
  readonly violations: readonly ReportedFinding[];
  /** What the baseline excuses; absent without a baseline. */
  readonly baseline?: AppliedBaseline;
  /** Present if only findings that touch changed files were asked for. */
  readonly changedSince?: ChangedSince;
  /** Whether the checker sees; present if it was asked. */
  readonly canary?: CanaryReport;
}

/** A law as reports speak of it. */
export interface ReportedLaw {
  readonly id: string;
  readonly kind: string;
  readonly strict: boolean;
  readonly why: string;
  readonly help: string;
}

/** A baseline that was read, and the findings that it excuses. */
export interface AppliedBaseline {
  /** From the project's root. */
  readonly file: string;
  readonly accepted: readonly AcceptedFinding[];
}

/** A finding that is known, with who answers for it and until when. */
export interface AcceptedFinding extends ReportedFinding {
  readonly reason: string;
  readonly owner: string;
  /** The last day on which it is excused, `YYYY-MM-DD`. */
  readonly expires: string;
}

/** What a report left out because it does not touch a changed file. Everything was read and checked all the same. */
export interface ChangedSince {
  /** As it was asked for. */
  readonly revision: string;
  /** Files that changed since. */
  readonly files: number;
  /** Findings that touch none of them, and are not in the report. */
  readonly elsewhere: number;
  /** The changed file because of which all findings are in the report, for example the configuration; absent if there is none. */
  readonly everythingBecauseOf?: string;
}

/** The report of a check that could not even begin. */
export function emptyReport(findings: readonly Finding[]): Report {
  const nothing = { files: 0, layers: 0, edges: 0, unresolved: 0, reach: [], laws: [] };
  return { ok: false, exitCode: 2, ...nothing, violations: identified(findings) };
}

/** The same report with other findings: those that it keeps, and new ones. */
export function withFindings(
  report: Report,
  { keep, add = [] }: { readonly keep: readonly ReportedFinding[]; readonly add?: readonly Finding[] },
): Report {
  const violations = inOrder([...keep, ...identified(add)]);
  return { ...report, ...verdictOf(violations), violations };
}

function verdictOf(findings: readonly Finding[]): Pick<Report, "ok" | "exitCode"> {
  const isProven = findings.every((finding) => finding.severity === "violation");
  return { ok: findings.length === 0, exitCode: isProven ? (findings.length === 0 ? 0 : 1) : 2 };
}

/** The report of a check that was done. */
export function makeReport(parts: ReportParts): Report {
  const { layout, graph, laws, findings, excepted = [] } = parts;
  return {
    ...verdictOf(findings),
    files: graph.files.length,
    layers: layout.layers.length,
    edges: graph.edges.length,
    unresolved: graph.unresolved.length,
    reach: laws.flatMap((law) => (law.seal === undefined ? [] : [reachOf(law, law.seal.from, parts)])),
    laws: laws.map(({ id, kind, strict, why, help }) => ({ id, kind, strict, why, help })),
    ...(excepted.length === 0 ? {} : { excepted }),
    violations: identified(findings),
  };
}

/** What a report is made of. */
export interface ReportParts {
  readonly layout: Layout;
  readonly graph: ModuleGraph;
  readonly laws: readonly Law[];
  /** In order. */
  readonly findings: readonly Finding[];
  /** What exceptions let pass. */
  readonly excepted?: readonly UsedException[];
}

function reachOf(law: Law, from: string, { layout, graph, findings }: ReportParts): Reach {
  const area = layout.area(from);
  const starts = graph.files.filter((file) => area.contains(file));
  const arrived = [...reachableFrom(graph, { starts, follow: () => true }).keys()].filter(
    (file) => !area.contains(file),
  );
  const reached = new Set(arrived.map((file) => layout.layerOf(file)));
  return {
    law: law.id,
    from,
    reaches: layout.layers.filter((layer) => reached.has(layer)).map((layer) => layer.name),
    forbidden: findings.some((finding) => finding.law === law.id),
  };
}
