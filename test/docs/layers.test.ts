import { describe, expect, test } from "vitest";
import { fencedBlocks, markedTable, textOf } from "./support/documents.ts";
import { importsText, levels, readLayers } from "./support/layers.ts";
import type { Layers } from "./support/layers.ts";

const LAYERS = readLayers();

describe("the layers in the documents are those of layers.json", () => {
  test.each(["README.md", "ARCHITECTURE.md"])(
    "the picture in %s has each layer above all that it may import",
    (path) => {
      const pictures = fencedBlocks(textOf(path)).filter(({ marker }) => marker === "layers: picture");
      expect(pictures).toHaveLength(1);
      const drawn = pictures.flatMap(({ text }) => text.trimEnd().split("\n")).map((line) => line.split(/ {2,}/)[0]);
      expect(drawn).toEqual(levels(LAYERS).map((names) => names.join(" · ")));
    },
  );

  test("the table in ARCHITECTURE.md has every layer in order, with what it may import", () => {
    const rows = markedTable(textOf("ARCHITECTURE.md"), "layers: table");
    const expected = LAYERS.layers.map((layer) => [`\`${layer.name}\``, importsText(layer)]);
    expect(rows.map(([name, _does, imports]) => [name, imports])).toEqual(expected);
    expect(rows.flat().filter((cell) => cell === "")).toEqual([]);
  });
});

describe("the picture that is asked for", () => {
  test("puts a layer one line above the highest that it may import, types included", () => {
    const layers = [
      { name: "top", path: "src/top", mayImport: ["*"] },
      { name: "left", path: "src/left", mayImport: [{ layer: "ground", as: "type" as const }] },
      { name: "right", path: "src/right", mayImport: [] },
      { name: "ground", path: "src/ground", mayImport: [] },
    ];
    const drawn: Layers = { layers, laws: {} };
    expect(levels(drawn)).toEqual([["top"], ["left"], ["right", "ground"]]);
  });
});
