import type { ReportedFinding } from "../report/finding.ts";
import type { Report } from "../report/report.ts";
import type { Baseline, BaselineEntry } from "./baseline-file.ts";

/** An entry, the finding that it speaks of, and why it does not excuse it. */
export interface JudgedEntry {
  readonly index: number;
  readonly entry: BaselineEntry;
  /** Absent if it is no longer found. */
  readonly finding?: ReportedFinding;
  /** Empty if the entry holds. */
  readonly problems: readonly string[];
}

/** A whole day of the calendar, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/**
 * Looks at each entry of the baseline.
 * @param report - What was found, before anything was excused.
 * @param today - `YYYY-MM-DD`.
 */
export function judgeEntries(
  { entries }: Pick<Baseline, "entries">,
  { report, today }: { readonly report: Report; readonly today: string },
): JudgedEntry[] {
  const found = new Map(report.violations.map((finding) => [finding.fingerprint, finding]));
  return entries.map((entry, index) => {
    const finding = found.get(entry.fingerprint);
    const isFirst = entries.findIndex((other) => other.fingerprint === entry.fingerprint) === index;
    const strict = report.laws.some((law) => law.id === entry.law && law.strict);
    const problems = [
      ...(isFirst ? [] : ["it stands there twice"]),
      ...(strict ? [`${entry.law} is strict: nothing may be excused from it`] : []),
      ...missing(entry),
      ...staleness(entry, finding),
      ...age(entry, today),
    ];
    return { index, entry, problems, ...(finding === undefined ? {} : { finding }) };
  });
}

function missing(entry: BaselineEntry): string[] {
  const absent = (["reason", "owner", "expires"] as const).filter((key) => (entry[key] ?? "").trim() === "");
  return absent.length === 0 ? [] : [`it has no ${absent.join(", no ")}`];
}

function age({ expires }: BaselineEntry, today: string): string[] {
  if (expires === undefined || expires.trim() === "") return [];
  if (!isDay(expires)) return [`it expires on "${expires}", which is no day (YYYY-MM-DD)`];
  return today > expires ? [`it expired on ${expires}`] : [];
}

function staleness(entry: BaselineEntry, finding: ReportedFinding | undefined): string[] {
  if (finding === undefined) return ["it is stale: this is no longer found"];
  if (finding.severity === "unproven") return ["what cannot be proven cannot be excused"];
  const differs = (["law", "file", "message"] as const).filter((key) => entry[key] !== finding[key]);
  return differs.length === 0 ? [] : [`its ${differs.join(" and ")} is not what is found under its fingerprint`];
}
