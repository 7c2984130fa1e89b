import { seen } from "../../phrase.ts";
import { concluded, sentences } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { ReadAudit } from "../read-audit-facts.ts";
import { outsidePlan, planFlaws } from "./plan-of-entry.ts";

/** all that the job changed, and all that its steps were aimed at, is within what was approved. */
export function checkScope({ approved, log, journal }: ReadAudit): Finding {
  const { scope, steps } = approved;
  const outside = (target: unknown): boolean =>
    scope !== undefined && !(typeof target === "string" && scope.has(target));
  const own = journal.entries.filter(({ isOwn }) => isOwn);
  const wrong = sentences([
    ...own.map((entry) => outsidePlan(entry, approved)),
    ...(steps ?? []).map(
      ({ target }, index) =>
        outside(target) && `Approved step ${index} is aimed at ${seen(target)}, outside the scope.`,
    ),
    ...(log?.steps ?? []).map(
      ({ target }) => outside(target) && `A step was performed on ${seen(target)}, outside the approved scope.`,
    ),
  ]);
  const unreadable = sentences([...planFlaws(approved), journal.flaw]);
  return concluded(
    { wrong, unreadable },
    `All ${own.length} change(s) by the job are in scope, each on its step's target.`,
  );
}
