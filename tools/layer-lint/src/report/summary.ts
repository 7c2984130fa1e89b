import type { Paint } from "./paint.ts";
import { plain } from "./paint.ts";
import type { Report } from "./report.ts";

/** What was looked at, so that nobody takes silence for proof. */
export function coverage(report: Report): string[] {
  const { files, layers, edges, unresolved, reach, excepted = [] } = report;
  const ways = reach.map(({ law, from, reaches, forbidden }) => {
    const list = reaches.length === 0 ? "no other layer" : reaches.join(", ");
    return `; ${from} reaches ${list}: ${forbidden ? `FORBIDDEN (${law})` : "no forbidden path"}`;
  });
  return [
    `${count(files, "file")}, ${count(layers, "layer")}, ${count(edges, "edge")}, ${unresolved} unresolved${ways.join("")}`,
    ...changes(report),
    ...excused(report),
    ...excepted.map(
      ({ law, at, findings, owner, expires, reason }) =>
        `excepted: ${count(findings, "breach", "breaches")} of ${law} at ${at} until ${expires} (${owner}): ${reason}`,
    ),
  ];
}

/** The one line that says how the check ended. */
export function verdict({ exitCode, violations, laws, baseline }: Report, paint: Paint = plain): string {
  const broken = violations.filter((finding) => finding.severity === "violation").length;
  const open = violations.length - broken;
  const tail = broken === 0 ? "" : count(broken, "violation");
  if (exitCode === 2) {
    const parts = [`cannot be proven: ${count(open, "reason")}`, tail];
    return paint("yellow", parts.filter((part) => part !== "").join(", "));
  }
  if (exitCode === 1) return paint("red", tail);
  const known = baseline?.accepted.length ?? 0;
  const kept = count(laws.length, "law");
  return paint(
    "green",
    known === 0 ? `clean: ${kept} kept` : `clean but for ${count(known, "known finding")}: ${kept} checked`,
  );
}

/** `1 file`, `2 files`. */
export function count(number: number, noun: string, many = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : many}`;
}

function changes({ changedSince }: Report): string[] {
  if (changedSince === undefined) return [];
  const { revision, files, elsewhere, everythingBecauseOf: cause } = changedSince;
  const since = `${count(files, "file")} changed since ${revision}`;
  if (cause !== undefined) return [`${since}, among them ${cause}: every finding is shown`];
  return [`${since}: all was checked, only what touches them is shown; ${count(elsewhere, "finding")} elsewhere`];
}

function excused({ baseline }: Report): string[] {
  if (baseline === undefined) return [];
  return [`${count(baseline.accepted.length, "known finding")} excused by ${baseline.file}`];
}
