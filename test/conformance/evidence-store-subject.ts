import type { createMemoryStore, EvidenceStore } from "#evidence";
import { eventIds } from "../evidence/support/event-ids.ts";
import { stateDirectory } from "../evidence/support/state-directory.ts";

/** What a store is made with. */
export type StoreOptions = Parameters<typeof createMemoryStore>[0];

/** What somebody with the rights of the store's owner can do to its payloads. */
export interface PayloadAccess {
  count(directory: string): Promise<number>;
  /** Puts other bytes in the place of all. */
  change(directory: string, text: string): Promise<void>;
  remove(directory: string): Promise<void>;
}

/** One adapter of the port, as the suite sees it. */
export interface StoreSubject {
  readonly name: string;
  readonly open: (directory: string, options: StoreOptions) => EvidenceStore;
  /** Whether what was durable is there for the next process. */
  readonly outlivesProcess: boolean;
  /** Where payloads are not files under `blobs`. */
  readonly payloads?: PayloadAccess;
  /** Takes everything out of the place that stores of all directories share; called when a store is closed. */
  readonly empty?: () => Promise<void>;
}

/** A store in a directory of its own; closed and removed when disposed. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: EvidenceStore;
  readonly directory: string;
  /** Closes the store and opens it again, as a new process would. */
  reopen(): Promise<EvidenceStore>;
}

/** Opens a fresh store of this adapter. */
export function openStore(subject: StoreSubject, options: StoreOptions = { newEventId: eventIds() }): OpenedStore {
  const directory = stateDirectory();
  let store = subject.open(directory.path, options);
  return {
    store,
    directory: directory.path,
    async reopen() {
      await store.close();
      store = subject.open(directory.path, options);
      return store;
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await subject.empty?.();
      directory[Symbol.dispose]();
    },
  };
}
