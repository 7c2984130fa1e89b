import type { Command } from "commander";
import { Option } from "commander";
import type { Project } from "../project.ts";
import type { Law } from "../laws/law.ts";
import { NO_LAYER, layerEdges } from "../query/layer-edges.ts";
import { concise } from "../report/concise.ts";
import { printable } from "../report/printable.ts";
import { coverage as summary } from "../report/summary.ts";
import { viewOf } from "../report/view.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { examples, exitCodes, rootOf, withProject } from "./cli.ts";
import type { OpenProject } from "./open-project.ts";
import { withOpenProject } from "./open-project.ts";

/** Declares `coverage`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  withProject(command)
    .addOption(new Option("--format <name>", "form of the answer").choices(["pretty", "json"]).default("pretty"))
    .addHelpText(
      "after",
      exitCodes({
        0: "everything matches something, and could be read",
        1: "never",
        2: "something matches nothing, or could not be read",
      }),
    )
    .addHelpText("after", examples("coverage", "coverage --format json"))
    .action(async (flags: ProjectFlags & { readonly format: string }) => {
      end(
        await withOpenProject(flags, io, (opened) => {
          const covered = cover(opened);
          io.out(flags.format === "json" ? `${JSON.stringify(covered, undefined, 2)}\n` : prettyCovered(covered));
          const open = opened.report.violations.filter((finding) => finding.severity === "unproven");
          const view = viewOf({ ...opened.report, violations: open, exitCode: 2 }, { root: rootOf(flags) });
          if (open.length > 0) io.err(concise(view));
          return open.length > 0 ? 2 : 0;
        }),
      );
    });
}

interface Covered {
  readonly summary: readonly string[];
  readonly layers: readonly { readonly layer: string; readonly files: number; readonly paths: readonly string[] }[];
  readonly unassigned: readonly string[];
  readonly ignored: readonly string[];
  readonly imports: ReturnType<typeof layerEdges>;
  readonly laws: readonly LookedAt[];
}

interface LookedAt {
  readonly law: string;
  readonly kind: string;
  /** Each place that it names; the whole project if it names none. */
  readonly at: readonly { readonly place: string; readonly files: number; readonly edges: number }[];
  readonly findings: number;
}

function cover({ report, reading: { project, laws } }: OpenProject): Covered {
  const { layout, tree } = project;
  const filesOf = (name?: string): string[] => tree.modules.filter((file) => layout.layerOf(file)?.name === name);
  return {
    summary: summary(report),
    layers: layout.layers.map(({ name, paths }) => ({ layer: name, files: filesOf(name).length, paths })),
    unassigned: filesOf(),
    ignored: tree.ignored,
    imports: layerEdges(project),
    laws: laws.map((law) => ({
      law: law.id,
      kind: law.kind,
      at: placesOf(law, project),
      findings: report.violations.filter((finding) => finding.law === law.id).length,
    })),
  };
}

function placesOf(law: Law, { layout, graph, tree }: Project): LookedAt["at"] {
  if (law.areas.length === 0) return [{ place: "everything", files: tree.modules.length, edges: graph.edges.length }];
  return law.areas.map(({ key, text }) => {
    const area = layout.area(text);
    const files = tree.modules.filter((file) => area.contains(file)).length;
    const edges = graph.edges.filter((edge) => area.contains(edge.file) || area.contains(edge.to)).length;
    return { place: `${key} ${text}`, files, edges };
  });
}

function prettyCovered({ summary: lines, layers, unassigned, ignored, imports, laws }: Covered): string {
  return [
    ...lines,
    "",
    ...table(
      ["layer", "files", "paths"],
      layers.map(({ layer, files, paths }) => [layer, String(files), paths.join(", ")]),
    ),
    `${NO_LAYER}: ${unassigned.length === 0 ? "none" : unassigned.map(printable).join(", ")}`,
    `ignored: ${ignored.length === 0 ? "none" : ignored.map(printable).join(", ")}`,
    "",
    ...table(
      ["from", "to", "imports", "at run time", "allowed"],
      imports.map(({ from, to, imports: all, loading, permission }) => [
        from,
        to,
        String(all),
        String(loading),
        permission,
      ]),
    ),
    "",
    ...table(
      ["law", "kind", "looked at", "files", "edges", "findings"],
      laws.flatMap(({ law, kind, at, findings }) =>
        at.map(({ place, files, edges }, index) => [
          ...(index === 0 ? [law, kind] : ["", ""]),
          place,
          String(files),
          String(edges),
          index === 0 ? String(findings) : "",
        ]),
      ),
    ),
    "",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_cell, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => printable(cell).padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
