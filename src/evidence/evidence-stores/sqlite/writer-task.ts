import type { MessagePort } from "node:worker_threads";

/** What the writer's thread is started with. */
export interface WriterSetup {
  readonly path: string;
  /** Brings packed appends, and {@link CLOSE}; takes back undefined, or why a write failed. */
  readonly port: MessagePort;
  /** At {@link RUNG} counted up and notified after each task; at {@link COMMIT_MICROSECONDS} how long the last write took. */
  readonly bell: Int32Array;
}

/** The places of what both threads see. */
export const [RUNG, COMMIT_MICROSECONDS, PLACES] = [0, 1, 2];

/** Ends the writer's thread. No packed append reads like this. */
export const CLOSE = "close";
