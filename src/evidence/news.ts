/** After so many commits a run's readers are told, however busy the process is. */
const COMMITS_UNTOLD = 4;

/**
 * Which runs have records that are durable and that their readers have not been told of. Readers work while the disk
 * does: as long as a commit is on its way, one run after the other is told of the commits before the last. So while one
 * commit follows the other, a run's readers are told of two at once, and of more where there is no time for all of them:
 * the busier the process, the fewer and larger their batches. When nothing follows, all are told at once.
 */
export class News {
  readonly #tell: (runId: string) => void;
  /** Oldest news first, with the number of the commit that brought it. */
  readonly #untold = new Map<string, number>();
  #commits = 0;

  constructor(tell: (runId: string) => void) {
    this.#tell = tell;
  }

  /** Takes in what one commit made durable. Who has waited for long enough is told. */
  add(runIds: Iterable<string>): void {
    this.#commits += 1;
    for (const runId of runIds) if (!this.#untold.has(runId)) this.#untold.set(runId, this.#commits);
    for (const [runId, since] of this.#untold) {
      if (this.#commits - since < COMMITS_UNTOLD) break;
      this.#tellOne(runId);
    }
  }

  /** Tells one run after the other of what is older than the last commit, until the write has ended. Ends as the write does. */
  async tellDuring(write: Promise<unknown>): Promise<void> {
    let writing = true;
    const ended = write.finally(() => {
      writing = false;
    });
    ended.catch(() => undefined); // told at the end
    for (const [runId, since] of this.#untold) {
      if (since === this.#commits) break; // the next commit may bring more
      await new Promise((resolve) => setImmediate(resolve)); // the end of the write comes in between
      if (!writing) break;
      this.#tellOne(runId);
    }
    await ended;
  }

  /** Nothing is on its way: all are told. */
  tellAll(): void {
    for (const runId of this.#untold.keys()) this.#tellOne(runId);
  }

  #tellOne(runId: string): void {
    this.#untold.delete(runId);
    this.#tell(runId);
  }
}
