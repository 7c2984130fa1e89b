import { realpathSync } from "node:fs";
import { registerHooks } from "node:module";
import { relative, resolve, sep } from "node:path";
import { openConfig } from "../check.ts";
import type { Config } from "../config/read-config.ts";
import type { LoadedFile } from "./loaded-graph.ts";
import { loadedFiles } from "./loaded-graph.ts";
import type { LoadViolation } from "./load-violations.ts";
import { loadViolations } from "./load-violations.ts";
import type { Observed } from "./run-entry.ts";
import { runEntry } from "./run-entry.ts";

/** After this a program that is observed is killed, unless told otherwise. */
const DEFAULT_LIMIT_MS = 30_000;

/** What is run, and what it is compared with. */
export interface LoadOptions {
  /** A file by its path from the root, which is run; or a name as code of the root's package would import it, as `#model`. */
  readonly entry: string;
  /** The project's folder; the current one if absent. */
  readonly root?: string;
  /** The configuration's file; `layers.json` in the root if absent. */
  readonly config?: string;
  /** Arguments of the program; none if absent. */
  readonly args?: readonly string[];
  /** Options of Node, as `["--import", "tsx"]`; none if absent. */
  readonly execArgv?: readonly string[];
  /** Milliseconds after which the program is killed, and nothing is proven; 30,000 if absent. */
  readonly limitMs?: number;
}

/** What was really loaded, and what of it the configuration does not allow. */
export interface LoadReport {
  /** Whether there is nothing in `violations`. */
  readonly ok: boolean;
  /** Everything that was loaded, in the order of loading. */
  readonly loaded: readonly LoadedFile[];
  readonly violations: readonly LoadViolation[];
}

/**
 * Runs an entry in a fresh Node process and compares what was really loaded with `layers.json`: what a static check cannot
 * see, such as a name that was computed, is seen here, if it comes to be loaded. Never throws for what the program does.
 */
export async function checkLoaded(options: LoadOptions): Promise<LoadReport> {
  const root = resolve(options.root ?? ".");
  const read = openConfig({ root, ...(options.config === undefined ? {} : { config: options.config }) });
  if ("findings" in read)
    return reportOf(
      [],
      read.findings.map(({ file, message }) => unproven(file, message)),
    );
  // A Node before 22.15 has none.
  if (typeof (registerHooks as unknown) !== "function")
    return reportOf([], [unproven(options.entry, `This is Node ${process.versions.node}; it needs 22.15 or newer`)]);
  const { entry, args, execArgv, limitMs = DEFAULT_LIMIT_MS } = options;
  const realRoot = realpathSync(root);
  return compare(await runEntry({ entry, root: realRoot, args, execArgv, limitMs }), {
    entry,
    root: realRoot,
    config: read.config,
  });
}

/** The same, for a test: @throws {LoadError} with everything that is wrong. */
export async function assertLoaded(options: LoadOptions): Promise<LoadReport> {
  const report = await checkLoaded(options);
  if (!report.ok) throw new LoadError(options.entry, report.violations);
  return report;
}

/** What was loaded is not what the configuration allows. */
export class LoadError extends Error {
  override readonly name = "LoadError";

  constructor(entry: string, violations: readonly LoadViolation[]) {
    const lines = violations.map(({ severity, message, chain }) =>
      [`${severity}: ${message}`, ...(chain.length > 1 ? [`    ${chain.join("\n    -> ")}`] : [])].join("\n"),
    );
    super(`what ${entry} loads is not what the layers allow:\n${lines.join("\n")}`);
  }
}

interface Against {
  readonly entry: string;
  readonly root: string;
  readonly config: Config;
}

function compare(observed: Observed, { entry, root, config }: Against): LoadReport {
  const files = loadedFiles(observed, root, config.layout);
  const byName = new Map(files.map((file) => [file.file, file]));
  const imported = Map.groupBy(
    files.flatMap((file) => file.from.map((from) => ({ from, file }))),
    ({ from }) => from,
  );
  const loaded = {
    config,
    files,
    byName,
    imported: new Map([...imported].map(([from, edges]) => [from, edges.map(({ file }) => file)])),
    entry: entryFile(entry, root, files),
  };
  return reportOf(files, [...unprovenBy(observed, entry, files), ...loadViolations(loaded)]);
}

/** The path of the entry; of a name, of what it led to: nobody imported it. */
function entryFile(entry: string, root: string, files: readonly LoadedFile[]): string {
  const path = relative(root, resolve(root, entry)).split(sep).join("/");
  const isFile = files.some(({ file }) => file === path);
  return isFile ? path : (files.find(({ from, kind }) => kind === "project" && from.length === 0)?.file ?? entry);
}

function unprovenBy({ failure }: Observed, entry: string, files: readonly LoadedFile[]): LoadViolation[] {
  const isEmpty = !files.some(({ layer }) => layer !== undefined);
  return [
    ...(failure === undefined ? [] : [unproven(entry, `${entry} was run, and ${failure}`)]),
    ...(isEmpty ? [unproven(entry, `${entry} was run, and not one file of a layer was loaded`)] : []),
  ];
}

function unproven(file: string, message: string): LoadViolation {
  return { severity: "unproven", file, message, chain: [] };
}

function reportOf(loaded: readonly LoadedFile[], violations: readonly LoadViolation[]): LoadReport {
  return { ok: violations.length === 0, loaded, violations };
}
