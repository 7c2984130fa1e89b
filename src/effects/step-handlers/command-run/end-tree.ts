import type { Clock } from "#model";
import type { ProcessTree } from "./process-tree.ts";

/** What became of the processes that still lived. */
export interface TreeEnd {
  /** Distinct processes that were met and are gone. */
  readonly ended: number;
  /** Processes that are still there after KILL: not ours to signal, stuck in the kernel, or on a machine that lags. */
  readonly survivors: number;
}

/** How long KILL is repeated: a process that forks meanwhile is met in the next scan. */
const KILL_PHASE_MS = 700;
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 64;

/**
 * Ends every process of the tree: TERM to each as it is met, `graceMs` to go, then KILL until none is left. Resolves as
 * soon as none lives, at the latest 700 ms after the grace.
 */
export async function endTree(
  tree: ProcessTree,
  options: { readonly graceMs: number; readonly clock: Clock },
): Promise<TreeEnd> {
  const { clock, graceMs } = options;
  const met = new Set<string>();
  let members = tree.scan();
  if (members.length === 0) return { ended: 0, survivors: 0 };

  const killAtMs = clock.monotonicMs() + graceMs;
  let pauseMs = FIRST_PAUSE_MS;
  while (members.length > 0 && clock.monotonicMs() < killAtMs) {
    // Once each: many programs take a second TERM as an order to drop what they were saving.
    const unmet = members.filter((member) => !met.has(member.key));
    tree.signal(unmet, "SIGTERM");
    for (const member of unmet) met.add(member.key);
    await pause(Math.min(pauseMs, killAtMs - clock.monotonicMs()), clock);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    members = tree.scan();
  }

  const giveUpAtMs = clock.monotonicMs() + KILL_PHASE_MS;
  while (members.length > 0 && clock.monotonicMs() < giveUpAtMs) {
    for (const member of members) met.add(member.key);
    tree.signal(members, "SIGKILL");
    await pause(FIRST_PAUSE_MS, clock);
    members = tree.scan();
  }
  // Whoever was met last has not been told yet; what was told runs no further, even where the machine is slow to end it.
  tree.signal(members, "SIGKILL");
  for (const member of members) met.delete(member.key);
  return { ended: met.size, survivors: members.length };
}

function pause(milliseconds: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(Math.max(0, milliseconds), resolve);
  });
}
