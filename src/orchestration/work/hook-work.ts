import { canonicalJson, digest } from "#evidence";
import type { CommittedChange, HookJob, JsonObject, NewWork, Work } from "#model";
import type { HookEffect } from "../hooks/fan-out.ts";
import type { RecordKey } from "../hooks/resolve-needs.ts";

/** What work of a hook has to know. */
export interface HookPayload {
  /** Hash of the file of hooks by which it was accepted: by that it is done, whatever the file says now. */
  readonly hooks: string;
  readonly job: string;
  /** Work for one effect has its parameters instead of the records. */
  readonly change: Pick<CommittedChange, "changeId" | "entity" | "operation"> & Partial<CommittedChange>;
  /** The one effect that it is for; undefined = the records that the job is about are still to be found. */
  readonly effect?: { readonly recordKey: RecordKey; readonly parameters: JsonObject };
}

const ID_CHARACTERS = 32;

/** What work is asked for by; each has ids of its own. */
export type AskedBy = "change" | "call";

/** The work of a job after a change. Its id follows from both, so that the same change asks for it once. */
export function workOfChange(
  job: HookJob,
  {
    hooks,
    by,
    change: { old, ...change },
  }: { readonly hooks: string; readonly by: AskedBy; readonly change: CommittedChange },
): NewWork {
  const id = `hook-${digest(JSON.stringify([by, change.changeId, job.name])).slice(0, ID_CHARACTERS)}`;
  return newWork(id, job, { hooks, job: job.name, change: { ...change, ...(old !== undefined && { old }) } });
}

/** The work of one of the effects that a job came to: it has the effect's own key as its id. */
export function workOfEffect(
  parent: Work,
  job: HookJob,
  { idempotencyKey, recordKey, parameters }: HookEffect,
): NewWork {
  const { hooks, job: name, change } = hookPayload(parent);
  const { changeId, entity, operation } = change;
  return newWork(idempotencyKey, job, {
    hooks,
    job: name,
    change: { changeId, entity, operation },
    effect: { recordKey, parameters },
  });
}

/** Whether work that was accepted before is what is asked for now: the hooks may be newer, the change has to be the same. */
export function isSameWork(known: Pick<Work, "payload">, asked: Pick<Work, "payload">): boolean {
  return canonicalJson(known.payload["change"] ?? null) === canonicalJson(asked.payload["change"] ?? null);
}

/** What work of a hook was accepted with. */
export function hookPayload({ payload }: Pick<Work, "payload">): HookPayload {
  return payload as unknown as HookPayload; // written by newWork
}

function newWork(id: string, { name, effect: capability, priority }: HookJob, payload: HookPayload): NewWork {
  return { id, name, capability, priority, payload: payload as unknown as JsonObject }; // made of JSON alone
}
