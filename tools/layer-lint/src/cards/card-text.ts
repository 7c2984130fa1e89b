import { posix } from "node:path";
import type { Layout } from "../config/layout.ts";
import { code } from "../report/markdown-text.ts";
import type { ReportedFinding } from "../report/finding.ts";
import type { Declaration } from "./declarations.ts";

/** The first line of every card: by it a card is told from a file that somebody wrote. */
export const CARD_MARK = "<!-- Written by `layer-lint cards`; changes are overwritten. -->";

/** Where the card of a file stands, from the folder of the cards. */
export function fileCardPath(file: string): string {
  return `${file}.md`;
}

/** Where the card of a layer stands. */
export function layerCardPath(layer: string): string {
  return `layers/${encodeURIComponent(layer)}.md`;
}

/** A link from one card to another. */
export function link(label: string, { from, to }: { readonly from: string; readonly to: string }): string {
  const path = posix.relative(posix.dirname(from), to);
  return `[${label}](${path.split("/").map(encodeURIComponent).join("/")})`;
}

/** Text of a documentation comment as markdown: its tags become a list, and nothing in it becomes a heading or HTML. */
export function docText(doc: string): string {
  const [text = "", ...tags] = doc.split(/^@/m);
  const paragraphs = outsideOfCode(text.trim());
  const items = tags.map((tag) => {
    const [, name = "", rest = ""] = /^(\S+)\s*([^]*)$/.exec(tag) ?? [];
    return `- **${name}** ${outsideOfCode(
      rest
        .replace(/\s+/g, " ")
        .replace(/^(\S+) - /, "$1: ")
        .trim(),
    )}`.trimEnd();
  });
  return [paragraphs, items.join("\n")].filter((part) => part !== "").join("\n\n");
}

/** The first sentence of a comment, as a cell of a table. */
export function cellText(sentence: string): string {
  return outsideOfCode(sentence).replaceAll("|", String.raw`\|`);
}

function outsideOfCode(text: string): string {
  return text
    .split(/(```[^]*?```|`[^`\n]*`)/)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replaceAll("<", "&lt;").replace(/^(\s*)#/gm, String.raw`$1\#`),
    )
    .join("");
}

/** Files that take something, by layer: `orchestration (2), main (1)`. */
export function consumersText(files: readonly string[], layout: Layout): string {
  if (files.length === 0) return "none in this project";
  const groups = Map.groupBy(files, (file) => layout.layerOf(file)?.name ?? "no layer");
  const order = layout.layers.map((layer) => layer.name);
  return [...groups]
    .toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([layer, members]) => `${layer} (${members.length})`)
    .join(", ");
}

/** A declaration with its comment, its methods and its consumers. */
export function declarationText({ signature, doc, methods }: Declaration, consumers: string): string {
  const list = methods.map(
    (method) => `- ${code(method.signature)}${method.doc === "" ? "" : `: ${firstLine(method.doc)}`}`,
  );
  const parts = [`### ${code(signature)}`, docText(doc), list.join("\n"), `Consumers: ${consumers}`];
  return parts.filter((part) => part !== "").join("\n\n");
}

function firstLine(doc: string): string {
  return outsideOfCode(doc.split(/^@/m)[0]?.replace(/\s+/g, " ").trim() ?? "");
}

/** Findings without their lines, which move. */
export function violationsText(findings: readonly ReportedFinding[]): string[] {
  return [...new Set(findings.map(({ law, file, message }) => `- ${law}: ${code(file)}: ${outsideOfCode(message)}`))];
}
