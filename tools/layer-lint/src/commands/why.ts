import type { Command } from "commander";
import { Option } from "commander";
import type { Project } from "../project.ts";
import type { NamedPlace } from "../query/places.ts";
import { findPlace, placeNamed } from "../query/places.ts";
import type { Step } from "../query/ways.ts";
import { waysBetween, withExternals } from "../query/ways.ts";
import { printable } from "../report/printable.ts";
import { count } from "../report/summary.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { examples, exitCodes, withProject } from "./cli.ts";
import { withOpenProject } from "./open-project.ts";

interface WhyFlags extends ProjectFlags {
  readonly all?: true;
  readonly runtime?: true;
  readonly format: "pretty" | "json";
}

/** Declares `why`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  withProject(command)
    .argument("<from>", "a layer, a file or a folder")
    .argument("<to>", "a layer, a file, a folder, a package, or a module of Node as node:fs")
    .option("--all", "a shortest way from each file of FROM that has one, instead of the shortest of all")
    .option("--runtime", "only ways on which everything is loaded at run time: no types")
    .addOption(new Option("--format <name>", "form of the answer").choices(["pretty", "json"]).default("pretty"))
    .addHelpText(
      "after",
      exitCodes({ 0: "there is a way", 1: "there is none", 2: "nothing has that name, or the project cannot be read" }),
    )
    .addHelpText(
      "after",
      examples("why executor governance", "why src/cli node:net --runtime", "why api evidence --all --format json"),
    )
    .action(async (from: string, to: string, flags: WhyFlags) => {
      end(await withOpenProject(flags, io, ({ reading }) => answer(reading.project, { from, to, flags, io })));
    });
}

function answer(
  project: Project,
  { from, to, flags, io }: { readonly from: string; readonly to: string; readonly flags: WhyFlags; readonly io: Io },
): ExitCode {
  const graph = withExternals(project.graph);
  const query = { from: placeNamed(from, project), to: target(to, project), atRunTime: flags.runtime === true };
  const ways = waysBetween(graph, query).slice(0, flags.all === true ? undefined : 1);
  if (flags.format === "json")
    io.out(`${JSON.stringify({ from, to, ways: ways.map((way) => way.map(stepJson)) }, undefined, 2)}\n`);
  else io.out(prettyWays(ways, { from, to, flags }));
  return ways.length > 0 ? 0 : 1;
}

function target(name: string, project: Project): NamedPlace {
  const isExternal = withExternals(project.graph).edges.some((edge) => edge.to === name);
  if (findPlace(name, project) === undefined && isExternal) return { label: name, contains: (file) => file === name };
  return placeNamed(name, project);
}

function prettyWays(
  ways: readonly (readonly Step[])[],
  { from, to, flags }: { readonly from: string; readonly to: string; readonly flags: WhyFlags },
): string {
  const how = flags.runtime === true ? " at run time" : "";
  if (ways.length === 0) return printable(`There is no way from ${from} to ${to}${how}.`).concat("\n");
  const shown = ways.flatMap((way) => [
    printable(`${way[0]?.file} reaches ${way.at(-1)?.to}${how} in ${count(way.length, "hop")}`),
    ...way.map((step, index) => printable(`    ${index === 0 ? "  " : "->"} ${stepLine(step)}`)),
    printable(`    -> ${way.at(-1)?.to}`),
  ]);
  return [...shown, ""].join("\n");
}

function stepLine({ file, line, specifier, form, typeOnly }: Step): string {
  return `${file}:${line}  names "${specifier}" (${form}${typeOnly ? ", types only" : ""})`;
}

function stepJson({ file, line, column, specifier, form, typeOnly, to }: Step): object {
  return { file, line, column, specifier, form, typeOnly, to };
}
