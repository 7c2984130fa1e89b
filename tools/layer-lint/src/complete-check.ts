import { dirname, join, resolve } from "node:path";
import { applyBaseline } from "./baseline/apply-baseline.ts";
import { canaryFindings } from "./canary/canary-findings.ts";
import { runCanary } from "./canary/run-canary.ts";
import { changedFiles } from "./changes/changed-files.ts";
import { onlyChanged } from "./changes/only-changed.ts";
import { readAndCheck } from "./check.ts";
import type { Checked, CheckOptions } from "./check.ts";
import type { Report } from "./report/report.ts";
import { withFindings } from "./report/report.ts";

/** What to check, and what of it to report. */
export interface CompleteCheckOptions extends CheckOptions {
  /** The file with the known findings; the one that the configuration names, or `layer-lint-baseline.json` beside it, if absent. */
  readonly baseline?: string;
  /** `YYYY-MM-DD`, for entries of the baseline that expire; the day in UTC if absent. */
  readonly today?: string;
  /** A revision of git: report only what touches files that changed since. All files are read and checked all the same. */
  readonly changedSince?: string;
  /** Also plant a violation of every law, and be unproven unless each is caught. */
  readonly canary?: boolean;
}

/**
 * Checks a project against its `layers.json`. Never throws for what it finds in the project: what it cannot read is a
 * finding too, and the report's `exitCode` is then 2.
 */
export async function check(options: CompleteCheckOptions = {}): Promise<Report> {
  return (await checkCompletely(options)).report;
}

/** The same, with what was read for it. */
export async function checkCompletely(options: CompleteCheckOptions): Promise<Checked> {
  const checked = await readAndCheck(options);
  const { reading } = checked;
  let { report } = checked;
  if (reading !== undefined) {
    report = applyBaseline(report, {
      root: reading.project.root,
      configFolder: dirname(resolve(options.config ?? join(options.root ?? ".", "layers.json"))),
      configured: reading.config.entries.baseline,
      asked: options.baseline,
      today: options.today ?? new Date().toISOString().slice(0, "YYYY-MM-DD".length),
    });
  }
  if (options.changedSince !== undefined) {
    const changes = changedFiles(resolve(options.root ?? "."), options.changedSince);
    report = onlyChanged(report, { changes, config: reading?.config });
  }
  if (options.canary === true) {
    const canary = await runCanary(options);
    const add = canaryFindings(canary, reading?.config);
    report = { ...withFindings(report, { keep: report.violations, add }), canary };
  }
  return { ...checked, report };
}
