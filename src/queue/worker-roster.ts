/** A worker as it tells of itself. */
export interface RosterEntry {
  /** Not unique: whoever starts workers names them. 1 to 128 characters. */
  readonly name: string;
  /** Step types that it performs; at most 1,000. */
  readonly serves: readonly string[];
  /** Jobs that it performs at the same time at most. */
  readonly concurrency: number;
  /** Jobs that it performs now. */
  readonly busy: number;
}

/** A worker that lives, as far as is known. */
export interface LivingWorker extends RosterEntry {
  /** How long it has been there, in milliseconds. */
  readonly upMs: number;
  /** How long ago it was heard of, in milliseconds. */
  readonly silentMs: number;
}

/**
 * Port: which workers live, and what they perform. It decides nothing: whose a run is, its claim says. A worker that says nothing for its
 * lease is not listed any more, by the clock of the place that keeps the list.
 *
 * @throws {Fault} QUEUE_UNAVAILABLE from each call if that place does not answer within a bound; it may be made again.
 */
export interface WorkerRoster {
  /** This worker lives, and is listed for `leaseMs` from now on unless it says so again. */
  sayAlive(entry: RosterEntry, leaseMs: number): Promise<void>;

  /** This worker is listed no more. Of no effect if it never was. */
  leave(): Promise<void>;

  /** By name, at most 1,000. */
  living(): Promise<readonly LivingWorker[]>;

  /** Frees what it holds; a worker that did not leave is listed until its lease is over. Safe to call twice. */
  close(): Promise<void>;
}
