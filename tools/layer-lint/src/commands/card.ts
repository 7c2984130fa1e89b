import type { Command } from "commander";
import { cardSource } from "../cards/card-source.ts";
import { fileCard } from "../cards/file-card.ts";
import { layerCard } from "../cards/layer-card.ts";
import { UsageError } from "../usage-error.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { examples, exitCodes, withProject } from "./cli.ts";
import type { OpenProject } from "./open-project.ts";
import { withOpenProject } from "./open-project.ts";

/** Declares `card`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  withProject(command)
    .argument("<what>", "a checked file, or a layer")
    .addHelpText(
      "after",
      exitCodes({ 0: "here it is", 1: "never", 2: "nothing has that name, or the project cannot be read" }),
    )
    .addHelpText("after", examples("card executor", "card src/executor/execute-job.ts"))
    .action(async (what: string, flags: ProjectFlags) => {
      end(
        await withOpenProject(flags, io, (opened) => {
          io.out(cardOf(what, opened));
          return 0;
        }),
      );
    });
}

function cardOf(what: string, { report, reading }: OpenProject): string {
  const { layout, tree } = reading.project;
  const source = cardSource(reading, report);
  const layer = layout.layer(what);
  if (layer !== undefined) return layerCard(layer, source);
  const file = what.replace(/^\.\//, "");
  if (tree.modules.includes(file)) return fileCard(file, source);
  const layers = layout.layers.map((each) => each.name).join(", ");
  throw new UsageError(
    `"${what}" is no layer and no checked file. The layers are ${layers}; files are named from the project's folder.`,
  );
}
