import type { Clock, JsonObject } from "#model";
import type { ProcessEntry, ProcessTable } from "./process-table.ts";

/** One command that is measured. */
export interface Measured {
  /** To be called at once when the system says that the command's own process has ended. */
  ended(): void;
  /**
   * `{peak_rss_bytes, cpu_seconds}`; null = nobody looked while it ran. Ends the measuring. Undefined where there is no process
   * table.
   */
  finish(): Promise<JsonObject | undefined>;
}

/** Between two looks: never more than four a second. */
const PAUSE_MS = 250;
/** A look may take this part of the time, so that a machine with many processes is not kept busy by looking. */
const SHARE_OF_TIME = 0.05;
const TICKS_PER_SECOND = 100;

interface Tree {
  readonly root: number;
  readonly startTicks: number;
  /** Everybody who was seen in the tree, with the processor time of each when it was last seen. */
  readonly seen: Map<string, number>;
  /** Time of the root and of all who were waited for below it, when it was last seen. */
  rootTicks: number;
  looked: boolean;
  peakBytes: number;
  /** What the kernel added to this process's account of ended children when the command ended. */
  waitedTicks: number | undefined;
  settled: Promise<void> | undefined;
}

/**
 * Measures commands. The peak of memory is seen by looks at the trees, one listing of the processes for all of them, at most
 * four times a second: it is the larger of the sum over a tree at one look (pages that processes share count for each) and of
 * the most that one process seen in it ever had. What rose and fell between two looks in several processes is not seen, and a
 * command that ends before the first look has no figure.
 *
 * The processor time is what the kernel says at the end: of the command and of all below it that were waited for by their
 * parents, in hundredths of a second. What nobody waited for is known as of the last look. Where two commands end in one turn of
 * the event loop the kernel's figure is of both, and that of the last look is told.
 */
export class ResourceMeter implements Disposable {
  readonly #table: ProcessTable;
  readonly #clock: Clock;
  readonly #trees = new Set<Tree>();
  #cancel: (() => void) | undefined;
  #pauseMs = PAUSE_MS;
  #waitedTicks = 0;
  #turn: Tree[] = [];

  constructor({ table, clock }: { readonly table: ProcessTable; readonly clock: Clock }) {
    this.#table = table;
    this.#clock = clock;
  }

  /** Measures the command that was started as `pid` in this turn of the event loop. */
  measure(pid: number): Measured {
    if (!this.#table.readable) return { ended: () => undefined, finish: async () => undefined };
    this.#waitedTicks = this.#readWaited(); // what others have waited for until now is not this command's
    const startTicks = this.#table.entry(pid)?.startTicks ?? 0;
    const tree: Tree = {
      root: pid,
      startTicks,
      seen: new Map(),
      rootTicks: 0,
      looked: false,
      peakBytes: 0,
      waitedTicks: undefined,
      settled: undefined,
    };
    this.#trees.add(tree);
    this.#cancel ??= this.#clock.after(this.#pauseMs, this.#look);
    return {
      ended: () => {
        tree.settled ??= this.#settle(tree);
      },
      finish: async () => {
        this.#forget(tree);
        await tree.settled;
        return resourcesOf(tree);
      },
    };
  }

  [Symbol.dispose](): void {
    for (const tree of this.#trees) this.#forget(tree);
  }

  #forget(tree: Tree): void {
    this.#trees.delete(tree);
    if (this.#trees.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** All ends that the system tells in one turn come before what `setImmediate` calls. */
  #settle(tree: Tree): Promise<void> {
    const now = this.#readWaited();
    tree.waitedTicks = now - this.#waitedTicks;
    this.#waitedTicks = now;
    this.#turn.push(tree);
    return new Promise((resolve) => {
      setImmediate(() => {
        const all = this.#turn;
        const sum = all.reduce((ticks, one) => ticks + (one.waitedTicks ?? 0), 0);
        if (all.length > 1 && sum > 0) for (const one of all) one.waitedTicks = undefined;
        this.#turn = [];
        resolve();
      });
    });
  }

  #readWaited(): number {
    return this.#table.entry(process.pid)?.waitedTicks ?? 0;
  }

  readonly #look = (): void => {
    const startMs = this.#clock.monotonicMs();
    const living = this.#table.living();
    for (const tree of this.#trees) this.#lookAt(tree, living);
    const tookMs = this.#clock.monotonicMs() - startMs;
    this.#pauseMs = Math.max(PAUSE_MS, tookMs / SHARE_OF_TIME);
    this.#cancel = this.#trees.size > 0 ? this.#clock.after(this.#pauseMs, this.#look) : undefined;
  };

  #lookAt(tree: Tree, living: readonly ProcessEntry[]): void {
    const members = membersOf(tree, living);
    let bytes = 0;
    for (const member of members) {
      tree.seen.set(keyOf(member), member.cpuTicks);
      if (member.pid === tree.root) tree.rootTicks = member.cpuTicks + member.waitedTicks;
      const memory = this.#table.memory(member.pid);
      if (memory === undefined) continue;
      bytes += memory.now;
      tree.peakBytes = Math.max(tree.peakBytes, memory.peak);
    }
    tree.peakBytes = Math.max(tree.peakBytes, bytes);
    tree.looked ||= bytes > 0;
  }
}

/** By group, session, descent, and having been seen: without a look into environments, which costs more. */
function membersOf({ root, startTicks, seen }: Tree, living: readonly ProcessEntry[]): readonly ProcessEntry[] {
  const young = living.filter((entry) => entry.startTicks >= startTicks);
  const isMine = (entry: ProcessEntry): boolean =>
    entry.pid === root ? entry.startTicks === startTicks : entry.group === root || entry.session === root;
  const members = new Set(young.filter((entry) => isMine(entry) || seen.has(keyOf(entry))));
  for (let before = -1; before !== members.size;) {
    before = members.size;
    const pids = new Set([...members].map(({ pid }) => pid));
    for (const entry of young) if (pids.has(entry.parent)) members.add(entry);
  }
  return [...members];
}

function keyOf({ pid, startTicks }: ProcessEntry): string {
  return `${pid}@${startTicks}`;
}

function resourcesOf({ seen, rootTicks, looked, peakBytes, waitedTicks }: Tree): JsonObject {
  const seenTicks = [...seen.values()].reduce((sum, ticks) => sum + ticks, 0);
  const ticks = Math.max(seenTicks, rootTicks, waitedTicks ?? 0);
  return {
    peak_rss_bytes: looked ? peakBytes : null,
    cpu_seconds: looked || waitedTicks !== undefined ? ticks / TICKS_PER_SECOND : null,
  };
}
