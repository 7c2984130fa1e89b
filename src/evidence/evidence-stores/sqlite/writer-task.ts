import type { MessagePort } from "node:worker_threads";

/** What the writer's thread is started with. */
export interface WriterSetup {
  readonly path: string;
  /** Brings packed appends, and {@link CLOSE}; takes back undefined, or why a write failed. */
  readonly port: MessagePort;
  /** Counted up and notified after each task. */
  readonly bell: Int32Array;
}

/** Ends the writer's thread. No packed append reads like this. */
export const CLOSE = "close";
