import type { Finding } from "../report/finding.ts";
import { unproven } from "../report/finding.ts";
import type { AcceptedFinding, Report } from "../report/report.ts";
import { withFindings } from "../report/report.ts";
import type { Baseline, BaselineSearch } from "./baseline-file.ts";
import { readBaseline } from "./baseline-file.ts";
import type { JudgedEntry } from "./judge-entries.ts";
import { judgeEntries } from "./judge-entries.ts";

/** Takes the known findings out of a report; entries that do not hold are findings themselves, of exit code 2. */
export function applyBaseline(report: Report, search: BaselineSearch & { readonly today: string }): Report {
  const baseline = readBaseline(search);
  if (baseline === undefined) return report;
  if ("findings" in baseline) return withFindings(report, { keep: report.violations, add: baseline.findings });
  const judged = judgeEntries(baseline, { report, today: search.today });
  const accepted = judged.flatMap(acceptedFinding);
  const known = new Set(accepted.map((finding) => finding.fingerprint));
  const keep = report.violations.filter((finding) => !known.has(finding.fingerprint));
  const add = judged.filter(({ problems }) => problems.length > 0).map((each) => brokenEntry(each, baseline));
  return { ...withFindings(report, { keep, add }), baseline: { file: baseline.file, accepted } };
}

function acceptedFinding({ entry, finding, problems }: JudgedEntry): AcceptedFinding[] {
  const { reason, owner, expires } = entry;
  if (problems.length > 0 || finding === undefined) return [];
  if (reason === undefined || owner === undefined || expires === undefined) return [];
  return [{ ...finding, reason, owner, expires }];
}

function brokenEntry({ index, entry, problems }: JudgedEntry, baseline: Baseline): Finding {
  const message = `The entry ${entry.fingerprint} (${entry.law}, ${entry.file}) does not hold: ${problems.join("; ")}`;
  return unproven(
    { ...baseline.placeOf(index), message },
    "`layer-lint baseline update` removes what was mended, `layer-lint baseline prune` all entries that do not hold.",
  );
}
