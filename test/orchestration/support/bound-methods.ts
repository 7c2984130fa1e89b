import type { EvidenceStore } from "#evidence";

/** The methods of a store, to make another store of that differs from it in some. */
export function boundMethods(store: EvidenceStore): Omit<EvidenceStore, "halted"> {
  return {
    append: store.append.bind(store),
    read: store.read.bind(store),
    tail: store.tail.bind(store),
    head: store.head.bind(store),
    runs: store.runs.bind(store),
    openRuns: store.openRuns.bind(store),
    takeOver: store.takeOver.bind(store),
    claim: store.claim.bind(store),
    epochOf: store.epochOf.bind(store),
    release: store.release.bind(store),
    handOver: store.handOver.bind(store),
    waiting: store.waiting.bind(store),
    askToStop: store.askToStop.bind(store),
    stopAsked: store.stopAsked.bind(store),
    reopenedRuns: store.reopenedRuns.bind(store),
    putBlob: store.putBlob.bind(store),
    getBlob: store.getBlob.bind(store),
    blobSize: store.blobSize.bind(store),
    readBlob: store.readBlob.bind(store),
    close: store.close.bind(store),
  };
}
