import { Fault } from "#model";
import type { Delivery, JobQueue, QueueDepth, QueueEntry, TakeOptions } from "#queue";

/** A queue whose server can go away, and come back with nothing in it. It begins away. */
export class MortalQueue implements JobQueue {
  #real: JobQueue;
  readonly #calls: string[] = [];
  down = true;
  /** Entries of the longest batch that was accepted, and of all of them. */
  longest = 0;
  entries = 0;

  constructor(real: JobQueue) {
    this.#real = real;
  }

  replace(real: JobQueue): void {
    this.#real = real;
  }

  /** How often something was asked of it. */
  calls(name: keyof JobQueue): number {
    return this.#calls.filter((one) => one === name).length;
  }

  #requireUp(name: keyof JobQueue): void {
    this.#calls.push(name);
    if (this.down) throw new Fault("QUEUE_UNAVAILABLE", "no answer");
  }

  async enqueue(entries: readonly QueueEntry[]): Promise<void> {
    this.#requireUp("enqueue");
    await this.#real.enqueue(entries);
    this.longest = Math.max(this.longest, entries.length);
    this.entries += entries.length;
  }

  async take(options: TakeOptions): Promise<readonly Delivery[]> {
    this.#requireUp("take");
    return await this.#real.take(options);
  }

  async settle(delivery: Delivery): Promise<void> {
    this.#requireUp("settle");
    await this.#real.settle(delivery);
  }

  async postpone(delivery: Delivery, next: { readonly delayMs: number; readonly attempt: number }): Promise<void> {
    this.#requireUp("postpone");
    await this.#real.postpone(delivery, next);
  }

  async extend(delivery: Delivery): Promise<boolean> {
    this.#requireUp("extend");
    return await this.#real.extend(delivery);
  }

  async depth(): Promise<QueueDepth> {
    this.#requireUp("depth");
    return await this.#real.depth();
  }

  async close(): Promise<void> {
    await this.#real.close();
  }
}
