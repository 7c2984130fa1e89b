import type { EvidenceStore, RecordDraft } from "#evidence";
import type { Clock, Json, Plan } from "#model";
import { spilledText } from "#worker";
import type { Machine } from "../machine.ts";
import { NOTIFICATION_CAUSES } from "../plan/compile-notifications.ts";
import type { PlanText } from "../plan/plan-json.ts";
import { runOpeningRecords } from "./run-records.ts";
import type { Asked } from "./run-runner.ts";

/** What a run is opened with. */
export interface OpenedRun extends Asked {
  readonly text: PlanText;
  /** Nothing of it is started before, RFC 3339; undefined = at once. */
  readonly startAfter: string | undefined;
}

/** What the records of an opening are made with. */
export interface OpeningSurroundings {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly machine: Machine;
}

/** The first records of a run: the whole plan, who asks for it, and until when it waits. A long plan is put beside the log. */
export async function runOpening(
  plan: Plan,
  { actor, reason, text, startAfter }: OpenedRun,
  { store, clock, machine }: OpeningSurroundings,
): Promise<readonly RecordDraft[]> {
  const document = (await spilledText(text.text, store)) ?? (JSON.parse(text.text) as Json); // the plan is JSON by its making
  return runOpeningRecords({
    said: { at: clock.now(), actor, reason },
    name: plan.name,
    contractId: plan.contractId,
    planHash: text.hash,
    plan: document,
    jobKeys: plan.jobs.map(({ key }) => key),
    executorVersion: machine.executor.version,
    startAfter,
    notifyOn: NOTIFICATION_CAUSES.filter((cause) => plan.notifications?.some(({ on }) => on.includes(cause))),
  });
}
