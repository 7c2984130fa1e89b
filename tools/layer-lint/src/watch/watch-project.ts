import { isWithin } from "../config/layout.ts";
import { resolve } from "node:path";
import type { Checked } from "../check.ts";
import type { CompleteCheckOptions } from "../complete-check.ts";
import { checkCompletely } from "../complete-check.ts";
import { conciseFinding } from "../report/concise.ts";
import type { ReportedFinding } from "../report/finding.ts";
import type { Paint } from "../report/paint.ts";
import { pretty, prettyFinding } from "../report/pretty.ts";
import type { Report } from "../report/report.ts";
import { verdict } from "../report/summary.ts";
import { viewOf } from "../report/view.ts";
import { openChanges } from "./file-changes.ts";

/** How a watch speaks, and how long it lasts. */
export interface WatchOptions {
  readonly out: (text: string) => void;
  readonly paint: Paint;
  readonly until: AbortSignal;
}

/**
 * Checks, and checks again whenever a file changes, until it is told to end; prints what became different.
 * @returns The exit code of the last check.
 */
export async function watchProject(options: CompleteCheckOptions, watching: WatchOptions): Promise<0 | 1 | 2> {
  const { out, paint, until } = watching;
  const root = resolve(options.root ?? ".");
  using changes = openChanges(root, until);
  const look = async (): Promise<Report> => {
    let checked = await checkCompletely(options);
    // What changed in a folder before it was followed would otherwise never be seen.
    while (changes.follow(foldersOf(checked))) checked = await checkCompletely(options);
    return checked.report;
  };
  let report = await look();
  out(`${pretty(viewOf(report, { root, paint }))}watching; Ctrl-C ends\n`);
  while (await changes.next()) {
    const before = report.violations;
    report = await look();
    out(difference(before, report, { root, paint }));
  }
  return report.exitCode;
}

function foldersOf({ reading }: Checked): readonly string[] {
  if (reading === undefined) return [];
  const { roots, layers } = reading.project.layout;
  const outside = layers.flatMap((layer) => layer.paths).filter((path) => !roots.some((root) => isWithin(path, root)));
  return [...roots, ...outside];
}

function difference(
  before: readonly ReportedFinding[],
  report: Report,
  { root, paint }: { readonly root: string; readonly paint: Paint },
): string {
  const view = viewOf(report, { root, paint });
  const had = new Set(before.map((finding) => finding.fingerprint));
  const has = new Set(report.violations.map((finding) => finding.fingerprint));
  const mended = before.filter((finding) => !has.has(finding.fingerprint));
  const added = report.violations.filter((finding) => !had.has(finding.fingerprint));
  return [
    ...mended.map((finding) => `${paint("green", "- mended")} ${conciseFinding(finding)}`),
    ...added.map((finding) => `${paint("red", "+ new")} ${prettyFinding(finding, view)}`),
    `${mended.length + added.length === 0 ? "no difference; " : ""}${verdict(report, paint)}`,
    "",
  ].join("\n");
}
