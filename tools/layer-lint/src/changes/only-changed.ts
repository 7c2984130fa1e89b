import type { Config } from "../config/read-config.ts";
import type { Finding } from "../report/finding.ts";
import type { Report } from "../report/report.ts";
import { withFindings } from "../report/report.ts";
import type { Changes } from "./changed-files.ts";

/** Laws about all files of a layer together: the file that a finding names need not be the one that caused it. */
const LAWS_ABOUT_WHOLE_LAYERS: ReadonlySet<string> = new Set(["budget"]);

/**
 * Keeps the findings that touch a changed file, by their place or their chain, and all that leave something unproven.
 * If what the check itself rests on changed, every finding is kept.
 */
export function onlyChanged(
  report: Report,
  { changes, config }: { readonly changes: Changes; readonly config: Config | undefined },
): Report {
  const { revision, changed } = changes;
  const cause = [...changed].find((file) => isGround(file, { report, config }));
  const touched = (file: string): boolean => changed.has(file) || changes.isUnknown(file);
  const isNear = ({ severity, rule, file, chain }: Finding): boolean =>
    severity === "unproven" ||
    LAWS_ABOUT_WHOLE_LAYERS.has(rule) ||
    touched(file) ||
    chain.some((hop) => touched(hop.file));
  const keep = cause === undefined ? report.violations.filter(isNear) : report.violations;
  const changedSince = {
    revision,
    files: changed.size,
    elsewhere: report.violations.length - keep.length,
    ...(cause === undefined ? {} : { everythingBecauseOf: cause }),
  };
  return { ...withFindings(report, { keep }), changedSince };
}

function isGround(
  file: string,
  { report, config }: { readonly report: Report; readonly config: Config | undefined },
): boolean {
  if (file === config?.file || file === config?.entries.tsconfig || file === report.baseline?.file) return true;
  return /(?:^|\/)(?:tsconfig[^/]*|jsconfig|package)\.json$/.test(file);
}
