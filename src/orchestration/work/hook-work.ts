import { digest } from "#evidence";
import type { CommittedChange, EntityRecord, HookJob, JsonObject } from "#model";
import type { NewWork, Work } from "#model";

/** What a piece of work of a hook has to know. */
export interface HookPayload {
  /** Hash of the file of hooks by which it was accepted: by that it is done, whatever the file says now. */
  readonly hooks: string;
  readonly job: string;
  readonly change: CommittedChange;
  /** The record that the effect is for; undefined = the needs are still to be resolved. */
  readonly record?: EntityRecord;
}

const ID_CHARACTERS = 32;

/** The work of a job after a change. Its id follows from both, so that the same change asks for it once. */
export function workOfChange(job: HookJob, { hooks, change }: Pick<HookPayload, "hooks" | "change">): NewWork {
  const id = `hook-${digest(JSON.stringify([change.changeId, job.name])).slice(0, ID_CHARACTERS)}`;
  // What needs nothing is for the record itself.
  const record = job.needs.length === 0 ? { record: change.record } : {};
  return newWork(id, job, { hooks, job: job.name, change, ...record });
}

/** The work for one of the records that needs led to. */
export function workOfRecord(
  parent: Work,
  job: HookJob,
  found: { readonly record: EntityRecord; readonly place: number },
): NewWork {
  const { hooks, change } = hookPayload(parent);
  return newWork(`${parent.id}.${found.place}`, job, { hooks, job: job.name, change, record: found.record });
}

/** What work of a hook was accepted with. */
export function hookPayload(work: Pick<Work, "payload">): HookPayload {
  return work.payload as unknown as HookPayload; // written by newWork
}

function newWork(id: string, job: HookJob, payload: HookPayload): NewWork {
  const { old, ...change } = payload.change;
  const text = { ...payload, change: { ...change, ...(old !== undefined && { old }) } };
  const { name, effect: capability, priority } = job;
  return { id, name, capability, priority, payload: text as unknown as JsonObject }; // made of JSON alone
}
