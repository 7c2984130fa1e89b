import type { Layout } from "../config/layout.ts";
import type { ModuleGraph } from "../graph/module-graph.ts";
import { reachableFrom } from "../graph/reach.ts";
import type { UsedException } from "../laws/exceptions.ts";
import type { Law } from "../laws/law.ts";
import type { Finding } from "./finding.ts";

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
  /** The laws of the configuration; `proven` is false for kinds that this version reads and does not check. */
  readonly laws: readonly { readonly id: string; readonly kind: string; readonly proven: boolean }[];
  /** Known breaches that the configuration lets pass; absent if there are none. */
  readonly excepted?: readonly UsedException[];
  /** All findings by place, also those that say that something could not be proven. */
  readonly violations: readonly Finding[];
}

/** The report of a check that could not even begin. */
export function emptyReport(violations: readonly Finding[]): Report {
  return { ok: false, exitCode: 2, files: 0, layers: 0, edges: 0, unresolved: 0, reach: [], laws: [], violations };
}

/** The report of a check that was done. */
export function makeReport(parts: ReportParts): Report {
  const { layout, graph, laws, findings, excepted = [] } = parts;
  const isProven = findings.every((finding) => finding.severity === "violation");
  return {
    ok: findings.length === 0,
    exitCode: isProven ? (findings.length === 0 ? 0 : 1) : 2,
    files: graph.files.length,
    layers: layout.layers.length,
    edges: graph.edges.length,
    unresolved: graph.unresolved.length,
    reach: laws.flatMap((law) => (law.seal === undefined ? [] : [reachOf(law, law.seal.from, parts)])),
    laws: laws.map((law) => ({ id: law.id, kind: law.kind, proven: law.checked })),
    ...(excepted.length === 0 ? {} : { excepted }),
    violations: findings,
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
