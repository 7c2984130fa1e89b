import { createMemoryStore } from "#evidence";
import type { EvidenceStore, RecordDraft, StoredRecord } from "#evidence";

/** An append that came and waits for a test to say what becomes of it. */
export interface HeldAppend {
  readonly runId: string;
  readonly drafts: readonly RecordDraft[];
  /** Stores it, as a medium does that has synced. */
  release(): void;
  /** Refuses it, as a medium does that is full. */
  fail(): void;
}

/** A store in memory whose appends are durable only when a test says so. */
export interface HeldStore extends EvidenceStore {
  /** The next append, in the order in which they come; waits for it. */
  nextAppend(): Promise<HeldAppend>;
  /** Appends that have come in all. */
  readonly came: number;
}

/** A store in memory, with event ids in order. */
export function memoryStore(): EvidenceStore {
  let ids = 0;
  return createMemoryStore({ newEventId: () => `event-${(ids += 1)}` });
}

/** Makes a store that holds every append. */
export function heldStore(): HeldStore {
  const inner = memoryStore();
  const held: HeldAppend[] = [];
  let came = 0;
  let tell: (() => void) | undefined;
  const append = async (
    runId: string,
    at: number,
    drafts: readonly RecordDraft[],
  ): Promise<readonly StoredRecord[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    came += 1;
    held.push({ runId, drafts, release: resolve, fail: () => reject(new Error("the disk is full")) });
    tell?.();
    await promise;
    return await inner.append(runId, at, drafts);
  };
  const nextAppend = async (): Promise<HeldAppend> => {
    for (;;) {
      const first = held.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
    }
  };
  return {
    append,
    nextAppend,
    get came() {
      return came;
    },
    read: (...given) => inner.read(...given),
    tail: (...given) => inner.tail(...given),
    head: (...given) => inner.head(...given),
    runs: (...given) => inner.runs(...given),
    openRuns: () => inner.openRuns(),
    takeOver: (...given) => inner.takeOver(...given),
    claim: (...given) => inner.claim(...given),
    epochOf: (...given) => inner.epochOf(...given),
    release: (...given) => inner.release(...given),
    handOver: (...given) => inner.handOver(...given),
    waiting: () => inner.waiting(),
    askToStop: (...given) => inner.askToStop(...given),
    stopAsked: (...given) => inner.stopAsked(...given),
    reopenedRuns: () => inner.reopenedRuns(),
    putBlob: (...given) => inner.putBlob(...given),
    getBlob: (...given) => inner.getBlob(...given),
    blobSize: (...given) => inner.blobSize(...given),
    readBlob: (...given) => inner.readBlob(...given),
    get halted() {
      return inner.halted;
    },
    close: () => inner.close(),
  };
}
