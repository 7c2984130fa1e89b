import type { Layer } from "../config/layout.ts";
import { isWithin } from "../config/layout.ts";
import type { Law } from "../laws/law.ts";
import { layerEdges } from "../query/layer-edges.ts";
import { code, table } from "../report/markdown-text.ts";
import { count } from "../report/summary.ts";
import type { CardSource } from "./card-source.ts";
import { CARD_MARK, cellText, consumersText, fileCardPath, layerCardPath, link, violationsText } from "./card-text.ts";
import { firstSentence } from "./doc-comments.ts";
import { purposeOf } from "./file-card.ts";
import { isFace, outsideOf, roleOf } from "./neighbours.ts";

/** The card of a layer: its files, what it promises and who takes it, whom it may know, and which laws bind it. */
export function layerCard(layer: Layer, source: CardSource): string {
  const { project, laws, report } = source;
  const path = layerCardPath(layer.name);
  const files = project.tree.modules.filter((file) => project.layout.layerOf(file) === layer);
  const outside = outsideOf((file) => files.includes(file), project);
  const findings = report.violations.filter((finding) => files.includes(finding.file));
  const rows = files.map((file) => [
    source.withFiles ? link(code(file), { from: path, to: fileCardPath(file) }) : code(file),
    roleOf(file, project),
    cellText(purposeOf(file, source)),
  ]);
  const parts = [
    CARD_MARK,
    `# ${layer.name}`,
    facts(layer, files.length, outside),
    "## Boundary",
    boundary(layer, source),
    "## Promised",
    promised(
      files.filter((file) => isFace(file, layer)),
      source,
    ),
    "## Files",
    rows.length === 0 ? "It has no files." : table(["file", "role", "purpose"], rows),
    "## Laws that name it",
    lawsOf(layer, laws),
    "## Violations",
    violationsText(findings).join("\n") || "None.",
  ];
  return `${parts.join("\n\n")}\n`;
}

function facts(layer: Layer, files: number, outside: readonly string[]): string {
  const lines = [
    `- lies in ${layer.paths.map(code).join(", ")}: ${count(files, "file")}`,
    ...(layer.machine ? ["- is a machine: what cannot be followed in it is a violation"] : []),
    ...(layer.maxLines === undefined ? [] : [`- has a budget of ${count(layer.maxLines, "line")} with code`]),
    `- uses from outside: ${outside.map(code).join(", ") || "nothing"}`,
  ];
  return lines.join("\n");
}

function boundary({ name }: Layer, { project }: CardSource): string {
  const { layout } = project;
  const edges = layerEdges(project);
  const how = (from: string, to: string): string => {
    const edge = edges.find((each) => each.from === from && each.to === to);
    if (edge === undefined) return "no";
    return edge.loading === 0 ? "types" : "yes";
  };
  const words = { any: "yes", type: "types", none: "no" };
  const rows = layout.layers
    .map((other) => other.name)
    .filter((other) => other !== name)
    .map((other) => [
      link(other, { from: layerCardPath(name), to: layerCardPath(other) }),
      words[layout.permission(name, other)],
      how(name, other),
      words[layout.permission(other, name)],
      how(other, name),
    ]);
  return table(["other layer", "may be imported", "is imported", "may import this one", "imports this one"], rows);
}

function promised(faces: readonly string[], { exports, project }: CardSource): string {
  const rows = faces.flatMap((face) =>
    exports.textOf(face).exports.map(({ name }) => {
      const origin = exports.originOf(face, name);
      const consumers = origin === undefined ? [] : exports.consumersOf(origin.file, origin.declaration.name);
      const others = consumers.filter((file) => project.layout.layerOf(file) !== project.layout.layerOf(face));
      const doc = firstSentence(origin?.declaration.doc ?? "");
      return [code(origin?.declaration.signature ?? name), cellText(doc), consumersText(others, project.layout)];
    }),
  );
  return rows.length === 0
    ? "It has no face that exports anything."
    : table(["export", "what it is", "consumers in other layers"], rows);
}

function lawsOf({ name, paths }: Layer, laws: readonly Law[]): string {
  const names = (law: Law): boolean =>
    law.areas.some(({ text }) => text === name || paths.some((path) => isWithin(text, path)));
  const lines = laws.filter(names).map((law) => `- **${law.id}** (${law.kind}): ${law.why}`);
  return lines.length === 0 ? "Only those that bind every layer." : lines.join("\n");
}
