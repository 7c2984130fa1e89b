import { seen } from "../../phrase.ts";
import { concluded, sentences } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { ReadAudit } from "../read-audit-facts.ts";

const RANKS: ReadonlyMap<unknown, number> = new Map([
  ["HEALTHY", 0],
  ["DEGRADED", 1],
  ["BLOCKED", 2],
]);

/** the health after the job is known, and no worse than before it. */
export function checkHealth({ healthBefore, healthAfter }: ReadAudit): Finding {
  const [before, after] = [RANKS.get(healthBefore), RANKS.get(healthAfter)];
  const change = `The health was ${seen(healthBefore)} before the job and ${seen(healthAfter)} after it`;
  const isKnown = before !== undefined && after !== undefined;
  return concluded(
    {
      wrong: sentences([isKnown && after > before && `${change}, which is worse.`]),
      unreadable: sentences([!isKnown && `${change}; both must be known: HEALTHY, DEGRADED or BLOCKED.`]),
    },
    `${change}.`,
  );
}
