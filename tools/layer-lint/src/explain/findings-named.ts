import type { ReportedFinding } from "../report/finding.ts";
import type { Report } from "../report/report.ts";

/** Shorter beginnings of a fingerprint could be anything. */
const MIN_ID_LETTERS = 4;

/** The findings that are meant by `FILE:LINE`, `FILE:LINE:COLUMN`, a file, or the beginning of a fingerprint. */
export function findingsNamed(what: string, { violations }: Report): ReportedFinding[] {
  const name = what.replace(/^\.\//, "");
  const isId = /^[0-9a-f]+$/.test(name) && name.length >= MIN_ID_LETTERS;
  return violations.filter(({ file, line, column, fingerprint }) => {
    const places = [file, `${file}:${line}`, `${file}:${line}:${column}`];
    return places.includes(name) || (isId && fingerprint.startsWith(name));
  });
}
