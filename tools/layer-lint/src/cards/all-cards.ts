import { code, table } from "../report/markdown-text.ts";
import type { CardSource } from "./card-source.ts";
import { CARD_MARK, fileCardPath, layerCardPath, link } from "./card-text.ts";
import { fileCard } from "./file-card.ts";
import { layerCard } from "./layer-card.ts";

const INDEX = "README.md";

/** All cards by their path from the folder of the cards: the index, each layer, and, if wanted, each checked file. */
export function allCards(source: CardSource): ReadonlyMap<string, string> {
  const { layout, tree } = source.project;
  const cards = new Map([[INDEX, index(source)]]);
  for (const layer of layout.layers) cards.set(layerCardPath(layer.name), layerCard(layer, source));
  if (source.withFiles) for (const file of tree.modules) cards.set(fileCardPath(file), fileCard(file, source));
  return cards;
}

function index({ project: { layout, tree }, laws }: CardSource): string {
  const rows = layout.layers.map((layer) => {
    const { name, paths, machine } = layer;
    const others = layout.layers.filter((other) => other !== layer && layout.permission(name, other.name) !== "none");
    const given = others.map(
      (other) => `${other.name}${layout.permission(name, other.name) === "type" ? " (types)" : ""}`,
    );
    return [
      link(name, { from: INDEX, to: layerCardPath(name) }) + (machine ? " (machine)" : ""),
      paths.map(code).join(", "),
      String(tree.modules.filter((file) => layout.layerOf(file) === layer).length),
      given.join(", ") || "nothing",
    ];
  });
  const lines = laws.map((law) => `- **${law.id}** (${law.kind}): ${law.why}`);
  const parts = [
    CARD_MARK,
    "# Layers",
    table(["layer", "lies in", "files", "may import"], rows),
    "## Laws",
    lines.join("\n") || "None.",
  ];
  return `${parts.join("\n\n")}\n`;
}
