import type { Finding, Hop, ReportedFinding } from "./finding.ts";
import type { Frames } from "./frame.ts";
import { openFrames } from "./frame.ts";
import type { Paint } from "./paint.ts";
import { plain } from "./paint.ts";
import type { Report } from "./report.ts";

/** What all forms of a report are made of. */
export interface View {
  /** The verdict and the numbers are of all findings, also of those that are not shown. */
  readonly report: Report;
  /** The findings to show, in order, their paths as they are to be printed. */
  readonly shown: readonly ReportedFinding[];
  /** How many findings are not shown. */
  readonly omitted: number;
  /** Takes places as `shown` has them. */
  readonly frame: Frames;
  readonly paint: Paint;
}

/** How a report is to be shown. */
export interface ViewOptions {
  /** The project's folder, from which code is shown. */
  readonly root: string;
  /** Stands before every path, for readers that count from further up; nothing if absent. */
  readonly pathPrefix?: string;
  /** At most this many findings are shown; all if absent. */
  readonly maxFindings?: number;
  /** No colours if absent. */
  readonly paint?: Paint;
}

/** Chooses what is shown. Findings that leave something unproven come before others, if not all have room. */
export function viewOf(report: Report, { root, pathPrefix, maxFindings, paint = plain }: ViewOptions): View {
  const prefix = pathPrefix === undefined || pathPrefix === "" ? "" : `${pathPrefix.replace(/\/+$/, "")}/`;
  const all = report.violations;
  const chosen = new Set(
    [...all.filter(isUnproven), ...all.filter((finding) => !isUnproven(finding))].slice(0, maxFindings),
  );
  const shown = all.filter((finding) => chosen.has(finding)).map((finding) => moved(finding, prefix));
  const frames = openFrames(root);
  return {
    report,
    shown,
    omitted: all.length - shown.length,
    frame: (place) => frames({ ...place, file: place.file.slice(prefix.length) }),
    paint,
  };
}

function isUnproven({ severity }: Finding): boolean {
  return severity === "unproven";
}

function moved(finding: ReportedFinding, prefix: string): ReportedFinding {
  if (prefix === "") return finding;
  const chain = finding.chain.map((hop): Hop => ({ ...hop, file: `${prefix}${hop.file}` }));
  return { ...finding, file: `${prefix}${finding.file}`, chain };
}
