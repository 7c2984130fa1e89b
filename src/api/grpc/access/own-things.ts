import { assert } from "#model";
import type { Principal } from "../../identity/principal.ts";

/** With what all ids of a tenant begin. A tenant's name has no dot, so no tenant's begin is the begin of another's. */
export function ownPrefix(tenant: string): string {
  return `${tenant}.`;
}

/** Whether what has this id is the tenant's. */
export function isOf(tenant: string, id: string): boolean {
  return id.startsWith(ownPrefix(tenant));
}

/** With what the ids of everything begin that somebody may see; empty = he sees everything. */
export function ownIdsOf({ proven }: Principal): string {
  return proven?.tenant === undefined ? "" : ownPrefix(proven.tenant);
}

/** The same list; a store that gave more than it was asked for has its answer kept back whole. */
export function onlyOwn<T extends { readonly runId: string }>(list: readonly T[], principal: Principal): readonly T[] {
  const begins = ownIdsOf(principal);
  assert(
    list.every(({ runId }) => runId.startsWith(begins)),
    "a store lists the runs that it is asked for, and no other",
  );
  return list;
}
