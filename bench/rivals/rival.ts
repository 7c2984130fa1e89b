/** Steps of one job. */
export const STEPS = 10;

/** A queue under measure: has jobs of ten durable steps done, one step after the other. */
export interface Rival extends AsyncDisposable {
  /** Does one job; resolves when its last step is durable. */
  perform(): Promise<void>;
}

/** Where a rival works, and who counts what it does. */
export interface Place {
  /** Address of the server that it keeps its records on. */
  readonly url: string;
  /** Jobs that it is given at the same time. */
  readonly inFlight: number;
  /** To be called by the body of each step: what was done is counted apart from what was recorded. */
  readonly onStep: () => void;
}

/** Resolves whoever waits for a job when its last step is done. */
export class Awaited {
  readonly #waiting = new Map<string, () => void>();
  #last = 0;

  /** A new job's id, and its end. */
  begin(): { readonly id: string; readonly ended: Promise<void> } {
    const id = `job-${(this.#last += 1)}`;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, resolve);
    return { id, ended };
  }

  /** The job has ended. */
  end(id: string): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}
