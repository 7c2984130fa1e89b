import type { Clock } from "#model";
import type { ProcessEntry, ProcessTable } from "./process-table.ts";

/** A process of the tree that lives. */
export interface TreeMember {
  readonly pid: number;
  /** Names the process even after its pid was given to another. */
  readonly key: string;
}

/** A command's process and everything that came from it. */
export interface ProcessTree {
  /** Who lives now; empty = nothing is left. */
  scan(): readonly TreeMember[];
  /** Sends to each of `members`; one that has gone meanwhile, or may not be signalled, is passed over. */
  signal(members: readonly TreeMember[], name: "SIGTERM" | "SIGKILL"): void;
}

/** A process group leader and the marker (`NAME=value`) in the environment it was started with. */
export interface TreeRoot {
  readonly pid: number;
  readonly marker: string;
}

/**
 * Follows a tree through the process table. A process belongs to it if it is the root, stands in the root's group or
 * session, descends from a member, was seen as a member before, or carries the marker in its environment: the last finds
 * a daemon that forked twice, took a session of its own and was adopted by pid 1.
 *
 * What cannot be found: a process that did all three **and** was started with a cleared environment (or overwrote it)
 * before it was first seen; one that another service started on request (a container engine, a service manager); one
 * whose environment may not be read because it runs as another user, once it was adopted. A process that may not be
 * signalled is found and stays.
 */
export function createProcessTree(
  root: TreeRoot,
  options: { readonly table: ProcessTable; readonly clock: Clock },
): ProcessTree {
  const { table, clock } = options;
  if (!table.readable) return createGroupOnlyTree(root.pid);
  // Readable for sure: even a root that has ended keeps its pid until this turn of the event loop is over.
  const startTicks = table.entry(root.pid)?.startTicks ?? 0;
  const bornAtMs = clock.monotonicMs();
  const known = new Set<string>();

  function scan(): readonly TreeMember[] {
    const living = table.living(range()).filter((entry) => entry.startTicks >= startTicks && entry.pid !== process.pid);
    const isRootsPid = living.every((entry) => entry.pid !== root.pid || entry.startTicks === startTicks);
    const members = new Set(living.filter((entry) => known.has(keyOf(entry)) || (isRootsPid && isInGroup(entry))));
    addDescendants(members, living);
    const marked = living.filter((entry) => !members.has(entry) && table.environmentHas(entry.pid, root.marker));
    for (const entry of marked) members.add(entry);
    addDescendants(members, living);
    for (const entry of members) known.add(keyOf(entry));
    return [...members].map((entry) => ({ pid: entry.pid, key: keyOf(entry) }));
  }

  /** Pids are given in rising order, so soon after the start only younger pids need a look. Later they may have wrapped. */
  function range(): { readonly from: number; readonly to: number } | undefined {
    if (clock.monotonicMs() - bornAtMs > NO_WRAP_MS) return undefined;
    const last = table.lastPid();
    return last === undefined || last < root.pid ? undefined : { from: root.pid, to: last };
  }

  function isInGroup(entry: ProcessEntry): boolean {
    return entry.pid === root.pid || entry.group === root.pid || entry.session === root.pid;
  }

  return { scan, signal: signalEach };
}

/** A kernel cannot give away all its pids (32,768 at least) in this time. */
const NO_WRAP_MS = 500;

function keyOf(entry: ProcessEntry): string {
  return `${entry.pid}@${entry.startTicks}`;
}

function addDescendants(members: Set<ProcessEntry>, living: readonly ProcessEntry[]): void {
  const pids = new Set([...members].map((entry) => entry.pid));
  let before = -1;
  while (members.size !== before) {
    before = members.size;
    for (const entry of living) {
      if (!pids.has(entry.parent) || members.has(entry)) continue;
      members.add(entry);
      pids.add(entry.pid);
    }
  }
}

/** Where there is no process table: the group alone, as one member. Who left the group is not found. */
function createGroupOnlyTree(rootPid: number): ProcessTree {
  const group = { pid: -rootPid, key: String(-rootPid) };
  return { scan: () => (send(group.pid, 0) ? [group] : []), signal: signalEach };
}

function signalEach(members: readonly TreeMember[], name: "SIGTERM" | "SIGKILL"): void {
  for (const member of members) send(member.pid, name);
}

function send(pid: number, signal: "SIGTERM" | "SIGKILL" | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
