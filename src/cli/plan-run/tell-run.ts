import type { ToldRunWithLog } from "#api";
import type { Session } from "../session.ts";
import { planSummaryJson, planSummaryText } from "../views/plan-summary.ts";

/** Tells on standard output what a run of a plan has come to. */
export async function tellRun(told: ToldRunWithLog, { stdout, json }: Pick<Session, "stdout" | "json">): Promise<void> {
  if (json) await stdout.json(`${JSON.stringify(planSummaryJson(told))}\n`);
  else await stdout.write(planSummaryText(told, stdout));
}
