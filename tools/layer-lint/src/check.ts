import { existsSync, realpathSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { Config } from "./config/read-config.ts";
import { readConfig } from "./config/read-config.ts";
import { isWithin } from "./config/layout.ts";
import { buildGraph } from "./graph/build-graph.ts";
import type { Cruised } from "./graph/cruise.ts";
import { cruiseProject } from "./graph/cruise.ts";
import { LAW_KINDS } from "./laws/index.ts";
import type { Law, LawKind } from "./laws/law.ts";
import type { Project } from "./project.ts";
import { idleLaws, strangers, unreadableCode, unreadableTree, unseenFiles } from "./proof.ts";
import type { Finding } from "./report/finding.ts";
import { inOrder, unproven } from "./report/finding.ts";
import type { Report } from "./report/report.ts";
import { emptyReport, makeReport } from "./report/report.ts";
import { openSources } from "./source/sources.ts";
import { listFiles } from "./tree/list-files.ts";

/** What to check. */
export interface CheckOptions {
  /** The project's folder; the current one if absent. */
  readonly root?: string;
  /** The configuration's file; `layers.json` in the root if absent. */
  readonly config?: string;
}

/** A project that was read, with the laws that it has to keep. */
export interface Reading {
  readonly project: Project;
  readonly laws: readonly Law[];
  readonly config: Config;
}

/** A report with what was read for it; without if the reading failed. */
export interface Checked {
  readonly report: Report;
  readonly reading?: Reading;
}

/**
 * The check together with what was read for it.
 * @param kinds - The known kinds of law; the tests blind one to see the canary go red.
 */
export async function readAndCheck(options: CheckOptions, kinds: readonly LawKind[] = LAW_KINDS): Promise<Checked> {
  const root = resolve(options.root ?? ".");
  if (!existsSync(root)) {
    const message = `There is no folder ${options.root}`;
    const finding = unproven({ file: ".", line: 1, column: 1, message }, "Name the project's folder with --root.");
    return { report: emptyReport([finding]) };
  }
  const configPath = resolve(options.config ?? join(root, "layers.json"));
  const shownAs = relative(root, configPath).split(sep).join("/");
  const read = readConfig(configPath, { shownAs, kinds });
  if ("findings" in read) return { report: emptyReport(inOrder(read.findings)) };
  return checkProject(realpathSync(root), read.config);
}

async function checkProject(root: string, config: Config): Promise<Checked> {
  const { layout, entries, laws } = config;
  const outside = layout.layers.flatMap((layer) => layer.paths).filter((path) => !isWithin(path, layout.root));
  const tops = [layout.root, ...outside];
  const tree = listFiles(root, { tops, ignore: entries.ignore ?? [] });
  const findings = unreadableTree(tree, config);
  if (tree.modules.length === 0) return { report: emptyReport(inOrder(findings)) };

  const { tsconfig } = entries;
  let cruised: Cruised;
  try {
    cruised = await cruiseProject(root, { tops: tops.filter((top) => !tree.missing.includes(top)), tsconfig });
  } catch (error) {
    const message = `The import graph cannot be made: ${error instanceof Error ? error.message : String(error)}`;
    const place = { file: tsconfig, line: 1, column: 1 };
    findings.push(unproven({ ...place, message }, "Mend the tsconfig that the configuration names."));
    return { report: emptyReport(inOrder(findings)) };
  }
  const sources = openSources(root);
  const graph = buildGraph(root, { cruised, sources, modules: tree.modules, tsconfig });
  const project: Project = { root, layout, tree, graph, sources, machine: entries.machine ?? {} };
  findings.push(
    ...unseenFiles(tree, cruised),
    ...unreadableCode(graph, sources),
    ...idleLaws(config, project),
    ...strangers(config, project),
    ...(await Promise.all(laws.map((law) => findingsOf(law, project)))).flat(),
  );
  const report = makeReport({ layout, graph, laws, findings: inOrder(findings) });
  return { report, reading: { project, laws, config } };
}

async function findingsOf(law: Law, project: Project): Promise<Finding[]> {
  return (await law.check(project)).map(({ file, line, column, message, chain = [], severity = "violation" }) => ({
    severity,
    law: law.id,
    rule: law.kind,
    file,
    line,
    column,
    message,
    chain,
    why: law.why,
    help: law.help,
  }));
}
