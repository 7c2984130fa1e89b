import { open } from "node:fs/promises";

const NONE: ReadonlyMap<number, number> = new Map();

/** The file that steps append to: what really happened, counted outside of Verbatim. */
export class EffectsFile {
  readonly path: string;
  readonly #effects = new Map<string, Map<number, number>>();
  #bytesRead = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Reads what came since the last time. Every line is `JOB/STEP`, padded. */
  async read(): Promise<void> {
    const file = await open(this.path, "a+");
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(size - this.#bytesRead);
      await file.read(bytes, 0, bytes.length, this.#bytesRead);
      this.#bytesRead = size;
      for (const line of bytes.toString("latin1").split("\n").slice(0, -1)) this.#count(line.trimEnd());
    } finally {
      await file.close();
    }
  }

  #count(key: string): void {
    const [jobId = "", step = ""] = key.split("/");
    if (!/^\d+$/.test(step)) throw new Error(`the effects file has the line ${JSON.stringify(key)}`);
    const steps = this.#effects.get(jobId) ?? new Map<number, number>();
    this.#effects.set(jobId, steps);
    steps.set(Number(step), (steps.get(Number(step)) ?? 0) + 1);
  }

  /** How often each step of the job took effect. */
  of(jobId: string): ReadonlyMap<number, number> {
    return this.#effects.get(jobId) ?? NONE;
  }

  /** Every job that took effect. */
  jobIds(): Iterable<string> {
    return this.#effects.keys();
  }
}
