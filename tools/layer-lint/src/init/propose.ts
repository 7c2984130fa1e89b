import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Checked } from "../check.ts";
import { readAndCheck } from "../check.ts";
import { layerEdges } from "../query/layer-edges.ts";
import type { Finding } from "../report/finding.ts";
import type { Report } from "../report/report.ts";
import type { FoundSources } from "./find-sources.ts";
import type { LayerOrder } from "./order-layers.ts";
import { orderLayers } from "./order-layers.ts";

/** A configuration as `init` writes it. */
export interface ProposedConfig {
  readonly root: string;
  readonly tsconfig: string;
  readonly ignore?: readonly string[];
  readonly layers: readonly ProposedLayer[];
  readonly laws: Readonly<Record<string, { readonly kind: string; readonly reason?: string }>>;
}

/** One of its layers. */
export interface ProposedLayer {
  readonly name: string;
  readonly path: string | readonly string[];
  readonly mayImport: readonly (string | { readonly layer: string; readonly as: "type" })[];
}

/** What was found out, and what it comes to. */
export interface Proposal {
  readonly config: ProposedConfig;
  /** Layers that import each other in a ring, and had to be allowed to. */
  readonly rings: LayerOrder["rings"];
  /** Laws that are broken today and were left out. */
  readonly leftOut: readonly { readonly kind: string; readonly findings: number; readonly first: Finding }[];
  /** What a check with the configuration says. */
  readonly report: Report;
}

/** Laws that need no configuration; which of them hold is tried. */
const CANDIDATES = ["allow-matrix", "declared", "acyclic", "face-only", "type-only", "visible-imports"];

/** Why the matrix is as it is. */
const MATRIX_REASON = "What the layers import today; an import beyond it changes the architecture.";

/** Proposes a configuration for sources: layers are folders, and each may import what it imports today. */
export async function propose(
  root: string,
  { sources, tsconfig }: { readonly sources: FoundSources; readonly tsconfig: string },
): Promise<Proposal | { readonly unreadable: Report }> {
  const base = { root: sources.root, tsconfig, ...(sources.ignore.length === 0 ? {} : { ignore: sources.ignore }) };
  const open: ProposedConfig = {
    ...base,
    layers: [...sources.groups].map(([name, path]) => ({ name, path: pathOf(path), mayImport: ["*"] })),
    laws: {},
  };
  const { report, reading } = await tryOut(root, open);
  if (reading === undefined) return { unreadable: report };
  const edges = layerEdges(reading.project);
  const { order, rings } = orderLayers([...sources.groups.keys()], edges);
  const layers = order.map((name): ProposedLayer => {
    const targets = order.flatMap((to) => edges.filter((edge) => edge.from === name && edge.to === to));
    const mayImport = targets.map(({ to, loading }) => (loading === 0 ? { layer: to, as: "type" as const } : to));
    return { name, path: pathOf(sources.groups.get(name) ?? []), mayImport };
  });
  const all = await tryOut(root, { ...base, layers, laws: lawsOf(CANDIDATES) });
  const leftOut = CANDIDATES.flatMap((kind) => {
    const found = all.report.violations.filter((finding) => finding.rule === kind && finding.severity === "violation");
    return found[0] === undefined ? [] : [{ kind, findings: found.length, first: found[0] }];
  });
  const kept = CANDIDATES.filter((kind) => !leftOut.some((each) => each.kind === kind));
  const config = {
    ...base,
    layers: kept.includes("type-only") ? layers : layers.map(withoutTypes),
    laws: lawsOf(kept),
  };
  return { config, rings, leftOut, report: (await tryOut(root, config)).report };
}

/** `as: "type"` says nothing where the law that holds it is not kept. */
function withoutTypes(layer: ProposedLayer): ProposedLayer {
  return { ...layer, mayImport: layer.mayImport.map((each) => (typeof each === "string" ? each : each.layer)) };
}

function lawsOf(kinds: readonly string[]): ProposedConfig["laws"] {
  return Object.fromEntries(
    kinds.map((kind, index) => [
      `LAYER-${String(index + 1).padStart(2, "0")}`,
      { kind, ...(kind === "allow-matrix" ? { reason: MATRIX_REASON } : {}) },
    ]),
  );
}

function pathOf(paths: readonly string[]): string | readonly string[] {
  const [only] = paths;
  return paths.length === 1 && only !== undefined ? only : paths;
}

/** Checks with a configuration that nobody wrote down yet. */
async function tryOut(root: string, config: ProposedConfig): Promise<Checked> {
  const folder = mkdtempSync(join(tmpdir(), "layer-lint-init-"));
  try {
    const path = join(folder, "layers.json");
    writeFileSync(path, JSON.stringify(config));
    return await readAndCheck({ root, config: path });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
