/** One write of a store, with one sync. */
export interface WrittenCommit {
  readonly appends: number;
  readonly records: number;
  /** How long it took until it was durable, in milliseconds. */
  readonly milliseconds: number;
}

/** Watches the writes of a store. */
export interface CommitWatch {
  readonly monotonicMs: () => number;
  /** Told of every commit once it is durable; must not throw. */
  readonly onWritten: (commit: WrittenCommit) => void;
}
