import { resolve } from "node:path";
import type { Command } from "commander";
import { allCards } from "../cards/all-cards.ts";
import { compareCards, writeCards } from "../cards/card-folder.ts";
import { cardSource } from "../cards/card-source.ts";
import { concise } from "../report/concise.ts";
import { count } from "../report/summary.ts";
import { viewOf } from "../report/view.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { examples, exitCodes, rootOf, withProject } from "./cli.ts";
import type { OpenProject } from "./open-project.ts";
import { withOpenProject } from "./open-project.ts";

interface CardsFlags extends ProjectFlags {
  readonly out: string;
  readonly check?: true;
  readonly layersOnly?: true;
}

/** Declares `cards`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  withProject(command)
    .requiredOption("--out <dir>", "the folder of the cards")
    .option("--check", "write nothing; fail (1) unless the folder holds just what would be written")
    .option("--layers-only", "the cards of the layers, without those of the files")
    .addHelpText(
      "after",
      exitCodes({
        0: "the cards are written, or as they would be written",
        1: "the folder holds something else",
        2: "the project cannot be proven: its cards could be wrong",
      }),
    )
    .addHelpText("after", examples("cards --out docs/cards", "cards --out docs/cards --check"))
    .action(async (flags: CardsFlags) => end(await withOpenProject(flags, io, (opened) => cards(flags, io, opened))));
}

function cards(flags: CardsFlags, io: Io, { report, reading }: OpenProject): ExitCode {
  if (report.exitCode === 2) {
    io.err(concise(viewOf(report, { root: rootOf(flags) })));
    return 2;
  }
  const folder = resolve(flags.out);
  const all = allCards(cardSource(reading, report, flags.layersOnly !== true));
  if (flags.check !== true) {
    writeCards(folder, all);
    io.out(`${count(all.size, "card")} in ${flags.out}\n`);
    return 0;
  }
  const differences = compareCards(folder, all);
  for (const { path, what } of differences) io.out(`${flags.out}/${path} ${what}\n`);
  if (differences.length === 0)
    io.out(`${count(all.size, "card")} in ${flags.out}: all are as they would be written\n`);
  else io.out("Run the command without --check, and commit what it writes; move what is no card elsewhere.\n");
  return differences.length === 0 ? 0 : 1;
}
