import { existsSync, lstatSync, realpathSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { Config, ReadConfig } from "./config/read-config.ts";
import { readConfig } from "./config/read-config.ts";
import { isWithin } from "./config/layout.ts";
import { unsupportedTypeScript } from "./config/typescript-version.ts";
import { buildGraph } from "./graph/build-graph.ts";
import { excuse } from "./laws/exceptions.ts";
import { LAW_KINDS } from "./laws/index.ts";
import type { Law, LawKind } from "./laws/law.ts";
import type { Project } from "./project.ts";
import { idleLaws, strangers, unreadableCode, unreadableTree } from "./proof.ts";
import type { Finding } from "./report/finding.ts";
import { inOrder, unproven } from "./report/finding.ts";
import type { Report } from "./report/report.ts";
import { emptyReport, makeReport } from "./report/report.ts";
import { openTypeScript } from "./resolve/by-typescript.ts";
import { openFiles } from "./resolve/candidates.ts";
import { openResolver } from "./resolve/resolver.ts";
import type { TsConfig } from "./resolve/tsconfig.ts";
import { readTsConfigs } from "./resolve/tsconfig.ts";
import { openFactsCache } from "./source/facts-cache.ts";
import { openSources } from "./source/sources.ts";
import { listFiles } from "./tree/list-files.ts";

/** What to check. */
export interface CheckOptions {
  /** The project's folder; the current one if absent. */
  readonly root?: string;
  /** The configuration's file; `layers.json` in the root if absent. */
  readonly config?: string;
  /** The day on which exceptions are looked at, `YYYY-MM-DD`; the machine's (UTC) if absent. */
  readonly today?: string;
  /** Folder of the cache; `node_modules/.cache/layer-lint` in the root if absent and there is a `node_modules`, `false` for none. */
  readonly cache?: string | false;
  /** Whether dependency-cruiser has to see nothing that the graph does not have: a check of the check, and slow. */
  readonly secondEngine?: boolean;
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
  const read = openConfig(options, kinds);
  if ("findings" in read) return { report: emptyReport(inOrder(read.findings)) };
  return checkProject(realpathSync(resolve(options.root ?? ".")), read.config, options);
}

/** The configuration of a project, or what is wrong with it. */
export function openConfig(options: CheckOptions, kinds: readonly LawKind[] = LAW_KINDS): ReadConfig {
  const root = resolve(options.root ?? ".");
  if (!existsSync(root)) {
    const message = `There is no folder ${options.root}`;
    const finding = unproven({ file: ".", line: 1, column: 1, message }, "Name the project's folder with --root.");
    return { findings: [finding] };
  }
  const configPath = resolve(options.config ?? join(root, "layers.json"));
  const shownAs = relative(root, configPath).split(sep).join("/");
  return readConfig(configPath, { shownAs, root: realpathSync(root), kinds });
}

/** The second engine is loaded only when it is asked. */
async function secondOpinion(project: Project, tsconfig: string): Promise<Finding[]> {
  const { compareWithSecondEngine } = await import("./graph/second-engine.ts");
  return compareWithSecondEngine(project, tsconfig);
}

/** Nothing is written into a folder that has no place for it. */
function cacheFolderOf(root: string, { cache }: CheckOptions): string | undefined {
  if (cache === false) return undefined;
  if (cache !== undefined) return resolve(cache);
  const packages = join(root, "node_modules");
  const isOwn = lstatSync(packages, { throwIfNoEntry: false })?.isDirectory() === true;
  return isOwn ? join(packages, ".cache/layer-lint") : undefined;
}

async function checkProject(root: string, config: Config, options: CheckOptions): Promise<Checked> {
  const { layout, entries, laws } = config;
  const outside = layout.layers
    .flatMap((layer) => layer.paths)
    .filter((path) => !layout.roots.some((each) => isWithin(path, each)));
  const tops = [...layout.roots, ...outside];
  const tree = listFiles(root, { tops, ignore: entries.ignore ?? [] });
  const findings = [...unreadableTree(tree, config), ...unsupportedTypeScript(root, config)];
  if (tree.modules.length === 0) return { report: emptyReport(inOrder(findings)) };

  // Editors and bundlers use the nearest tsconfig, so those further down count as well.
  const nearer = tree.others.filter((file) => file.endsWith("/tsconfig.json"));
  const tsconfigPaths = [entries.tsconfig, ...nearer].map((file) => join(root, file));
  let tsconfigs: readonly TsConfig[];
  try {
    tsconfigs = readTsConfigs(tsconfigPaths);
  } catch (error) {
    const message =
      `The import graph cannot be made: ${error instanceof Error ? error.message : String(error)}`.replaceAll(
        `${root}/`,
        "",
      );
    findings.push(
      unproven(
        { file: entries.tsconfig, line: 1, column: 1, message },
        "Mend the tsconfig that the configuration names.",
      ),
    );
    return { report: emptyReport(inOrder(findings)) };
  }
  const cacheFolder = cacheFolderOf(root, options);
  const cache = cacheFolder === undefined ? undefined : openFactsCache(cacheFolder);
  const sources = openSources(root, cache);
  const files = openFiles([...tree.modules, ...tree.ignored, ...tree.others].map((file) => join(root, file)));
  const jsxImportSource = tsconfigs.find((each) => each.jsxImportSource !== undefined)?.jsxImportSource;
  const graph = buildGraph({
    root,
    sources,
    resolver: openResolver({ root, files, tsconfigs }),
    modules: tree.modules,
    ...(jsxImportSource === undefined ? {} : { jsxImportSource }),
    followsPackages: (file) => layout.layerOf(file)?.machine === true,
    lastResort: openTypeScript(tsconfigs.map(({ path }) => path)),
  });
  cache?.save();
  const seals = laws.flatMap((law) => law.seal?.to ?? []).map((text) => layout.area(text));
  const sealed = tree.modules.filter((file) => seals.some((area) => area.contains(file)));
  const { tsconfig, machine = {} } = entries;
  const project: Project = {
    root,
    layout,
    tree,
    graph,
    sources,
    tsconfig,
    tsconfigFiles: tsconfigs.flatMap((each) => each.files),
    sealed,
    machine,
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
  };
  findings.push(
    ...unreadableCode(graph, sources),
    ...idleLaws(config, project),
    ...strangers(config, project),
    ...(options.secondEngine === true ? await secondOpinion(project, entries.tsconfig) : []),
    ...(await Promise.all(laws.map((law) => findingsOf(law, project)))).flat(),
  );
  const today = options.today ?? new Date().toISOString().slice(0, "YYYY-MM-DD".length);
  const excused = excuse(findings, { laws, today, file: config.file, places: config.places });
  const report = makeReport({ layout, graph, laws, findings: inOrder(excused.findings), excepted: excused.used });
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
