import { posix } from "node:path";
import type { Permission } from "../config/layout.ts";
import { code, codeBlock } from "../report/markdown-text.ts";
import type { CardSource } from "./card-source.ts";
import {
  CARD_MARK,
  consumersText,
  declarationText,
  docText,
  fileCardPath,
  layerCardPath,
  link,
  violationsText,
} from "./card-text.ts";
import type { Declaration } from "./declarations.ts";
import { firstSentence } from "./doc-comments.ts";
import type { Neighbours } from "./neighbours.ts";
import { neighboursOf, outsideOf, roleOf } from "./neighbours.ts";

const SECTIONS = [
  ["Functions", "function"],
  ["Classes", "class"],
  ["Types", "type"],
  ["Values", "value"],
] as const;

/** The card of a file: where it stands, what it takes and from whom, what it gives and to whom, and whether it may. */
export function fileCard(file: string, source: CardSource): string {
  const { project, exports } = source;
  const text = exports.textOf(file);
  const layer = project.layout.layerOf(file);
  const inbound = neighboursOf(
    project.graph.edges.filter((edge) => edge.to === file),
    "file",
    project,
  );
  const outbound = neighboursOf(project.graph.from(file), "to", project);
  const outside = outsideOf((importer) => importer === file, project);
  const path = fileCardPath(file);
  const layerLink = layer === undefined ? "none" : link(layer.name, { from: path, to: layerCardPath(layer.name) });
  const placement = [
    ["File", posix.basename(file)],
    ["Lives in", `${posix.dirname(file)}/`],
    ["Role", roleOf(file, project)],
    ["Inbound", listed(inbound)],
    ["Outbound", listed(outbound)],
    ["Outside", outside.join(", ") || "none"],
    ["Purpose", purposeOf(file, source) || "not said"],
    ["Violations", [...new Set(findingsOf(file, source).map(({ law }) => law))].join(", ") || "none"],
  ];
  const parts = [
    CARD_MARK,
    `# ${posix.basename(file)}`,
    [
      `**Path:** ${code(file)}  `,
      `**Layer:** ${layerLink}${layer?.machine === true ? " (machine)" : ""}  `,
      `**Role:** ${roleOf(file, project)}`,
    ].join("\n"),
    "## Placement card",
    codeBlock(placement.map(([key = "", value = ""]) => `${`${key}:`.padEnd(13)}${value}`)),
    ...section("Purpose", [docText(text.doc)]),
    ...section("Import analysis", [
      ...outbound.map(importsText),
      ...(outside.length === 0 ? [] : [`**Outside:** ${outside.map(code).join(", ")}`]),
    ]),
    ...SECTIONS.flatMap(([title, kind]) =>
      section(
        title,
        text.exports.filter((each) => each.kind === kind).map((each) => ownText(each, file, source)),
      ),
    ),
    ...section("Passed on", [passedOnText(file, source)]),
    ...section("Boundary", [boundaryText({ layer: layer?.name, inbound, outbound }, source)]),
    ...section("Violations", [violationsText(findingsOf(file, source)).join("\n")]),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** What a file is for, in one sentence: its own comment, or else that of what it does before that of what it speaks of. */
export function purposeOf(file: string, { exports }: CardSource): string {
  const { doc, exports: own } = exports.textOf(file);
  const documented = own.filter((each) => each.doc !== "");
  const doer = documented.find((each) => each.kind === "function" || each.kind === "class");
  return firstSentence(doc || (doer ?? documented[0])?.doc || "");
}

function findingsOf(file: string, { report }: CardSource): CardSource["report"]["violations"] {
  return report.violations.filter((finding) => finding.file === file);
}

function section(title: string, parts: readonly string[]): string[] {
  const filled = parts.filter((part) => part !== "");
  return filled.length === 0 ? [] : [`## ${title}`, ...filled];
}

function listed(neighbours: readonly Neighbours[]): string {
  return neighbours.map(({ layer, typeOnly }) => `${layer}${typeOnly ? " (types)" : ""}`).join(", ") || "none";
}

function importsText({ layer, typeOnly, files }: Neighbours): string {
  const lines = files.map(({ file, names }) => {
    const taken = names.filter((name) => name !== "*").map(code);
    return `- ${code(file)}${taken.length === 0 ? "" : `: ${taken.join(", ")}`}`;
  });
  return [`**${layer}${typeOnly ? " (types only)" : ""}:**`, "", ...lines].join("\n");
}

function ownText(declaration: Declaration, file: string, { project, exports }: CardSource): string {
  return declarationText(declaration, consumersText(exports.consumersOf(file, declaration.name), project.layout));
}

function passedOnText(file: string, { exports, project }: CardSource): string {
  const own = exports.textOf(file).exports.filter((each) => each.kind === "re-export");
  const open = project.graph
    .from(file)
    .filter((edge) => edge.form === "export" && edge.names.some(({ as }) => as === "*"));
  const names = own.map(({ name }) => {
    const origin = exports.originOf(file, name);
    return `- ${code(name)}${origin === undefined ? "" : ` from ${link(code(origin.file), { from: fileCardPath(file), to: fileCardPath(origin.file) })}`}`;
  });
  return [...names, ...open.map((edge) => `- everything of ${code(edge.to)}`)].join("\n");
}

function boundaryText(
  {
    layer,
    inbound,
    outbound,
  }: {
    readonly layer: string | undefined;
    readonly inbound: readonly Neighbours[];
    readonly outbound: readonly Neighbours[];
  },
  { project: { layout } }: CardSource,
): string {
  if (layer === undefined) return "It belongs to no layer: no law about layers binds it.";
  const others = layout.layers.map((each) => each.name).filter((name) => name !== layer);
  const allowed = (permission: (other: string) => Permission): string =>
    others.flatMap((other) => ({ any: [other], type: [`${other} (types)`], none: [] })[permission(other)]).join(", ") ||
    "no other layer";
  const across = (neighbours: readonly Neighbours[]): string =>
    listed(neighbours.filter((each) => each.layer !== layer));
  return [
    `- may import ${allowed((other) => layout.permission(layer, other))}; imports ${across(outbound)}`,
    `- may be imported by ${allowed((other) => layout.permission(other, layer))}; is imported by ${across(inbound)}`,
  ].join("\n");
}
