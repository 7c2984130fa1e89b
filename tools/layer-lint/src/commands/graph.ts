import type { Command } from "commander";
import { Option } from "commander";
import { drawDot, drawJson, drawMermaid } from "../query/drawings.ts";
import { fileDrawing, layerDrawing } from "../query/drawing.ts";
import { UsageError } from "../usage-error.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { examples, exitCodes, withProject } from "./cli.ts";
import { withOpenProject } from "./open-project.ts";

interface GraphFlags extends ProjectFlags {
  readonly format: "mermaid" | "dot" | "json";
  readonly layers?: true;
  readonly files?: true;
  readonly layer?: string;
}

const DRAW = { mermaid: drawMermaid, dot: drawDot, json: drawJson };

/** Declares `graph`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  withProject(command)
    .addOption(new Option("--format <name>", "form of the drawing").choices(Object.keys(DRAW)).default("mermaid"))
    .addOption(new Option("--layers", "layers, with the number of imports (the default)").conflicts("files"))
    .option("--files", "files instead of layers")
    .option("--layer <name>", "only this layer, and what it imports and is imported by")
    .addHelpText(
      "after",
      "\nDashed arrows stand for imports of types only, red ones for what the configuration does not allow.",
    )
    .addHelpText(
      "after",
      exitCodes({ 0: "it was drawn", 1: "never", 2: "there is no such layer, or the project cannot be read" }),
    )
    .addHelpText(
      "after",
      examples("graph", "graph --format dot | dot -Tsvg > layers.svg", "graph --files --layer executor"),
    )
    .action(async (flags: GraphFlags) => {
      end(
        await withOpenProject(flags, io, ({ reading: { project } }) => {
          const { layer } = flags;
          if (layer !== undefined && project.layout.layer(layer) === undefined) {
            const names = project.layout.layers.map((each) => each.name).join(", ");
            throw new UsageError(`There is no layer "${layer}". The layers are ${names}.`);
          }
          const drawing = flags.files === true ? fileDrawing(project, layer) : layerDrawing(project, layer);
          io.out(DRAW[flags.format](drawing));
          return 0;
        }),
      );
    });
}
