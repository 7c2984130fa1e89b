import type { EvidenceStore } from "#evidence";
import { recoverRuns } from "#orchestration";
import type { HandedJobs, RecoveredRuns } from "#orchestration";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { tellRecovered } from "./recovered-runs.ts";
import { systemClock } from "./system-clock.ts";

/** What a process does by itself, and not only because it is asked. */
export interface DrivenHere {
  /** Whether it drives on runs that it did not start. */
  readonly drivesOn: boolean;
  /** Whether it drives plans at all. */
  readonly drivesPlans: boolean;
}

/** A server without a scheduler leaves plans, and what others have left, to those that have one; a command that ends soon drives only what it has started. */
export function whatIsDriven(
  { workers }: LoadedConfiguration,
  { drivesOn = true, takesCalls = true }: { readonly drivesOn?: boolean; readonly takesCalls?: boolean },
): DrivenHere {
  return { drivesOn, drivesPlans: workers?.scheduler !== false || !takesCalls };
}

/** Says in the logs what earlier processes have left. */
export async function recover(
  store: EvidenceStore,
  {
    drivesOn,
    drivesPlans,
    handed,
    log,
  }: DrivenHere & { readonly handed: HandedJobs | undefined; readonly log: EventLog },
): Promise<RecoveredRuns> {
  if (!drivesPlans) return { jobs: [], plans: [], handedOver: [], problems: [] };
  const recovered = await recoverRuns(store, systemClock, { drives: drivesOn, handed });
  tellRecovered(recovered, log);
  return recovered;
}
