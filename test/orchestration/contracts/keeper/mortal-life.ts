import type { StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import type { Life } from "../support.ts";

/** When a life ends: in the so many-th append from now on, and whether that is stored. */
export interface Death {
  readonly appends: number;
  readonly isStored: boolean;
}

const NEVER = new Promise<never>(() => undefined);

/** The life of a process that can end at any moment: from then on nothing that it has begun goes on. */
export class MortalLife implements Life {
  readonly died: Promise<void>;
  readonly #die: () => void;
  readonly #begun = new Set<Promise<unknown>>();
  #isDead = false;
  #death: Death | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.died = promise;
    this.#die = resolve;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  end(): void {
    this.#isDead = true;
    this.#die();
  }

  /** Resolves when what it had asked of the stores before its end has come there, or not: nothing of it comes later. */
  async silence(): Promise<void> {
    await Promise.allSettled(this.#begun);
  }

  /** Ends it in an append that is still to come. */
  endAt(death: Death): void {
    this.#death = death;
  }

  typeOf(type: StepType): StepType {
    const execute: StepType["handler"]["execute"] = (...given) =>
      this.#isDead ? NEVER : type.handler.execute(...given);
    return { ...type, handler: { execute } };
  }

  storeOf(inner: EvidenceStore): EvidenceStore {
    return {
      append: async (...given) => {
        const { appends, isStored } = this.#death ?? { appends: 0, isStored: false };
        if (this.#death !== undefined) this.#death = { isStored, appends: appends - 1 };
        if (appends === 1 && !isStored) this.end();
        const stored = await this.#while(() => inner.append(...given));
        if (appends === 1) this.end();
        return await this.#while(async () => stored);
      },
      read: (...given) => this.#while(() => inner.read(...given)),
      tail: (...given) => inner.tail(...given),
      head: (...given) => this.#while(() => inner.head(...given)),
      runs: (...given) => this.#while(() => inner.runs(...given)),
      openRuns: () => this.#while(() => inner.openRuns()),
      takeOver: (...given) => this.#while(() => inner.takeOver(...given)),
      claim: (...given) => this.#while(() => inner.claim(...given)),
      epochOf: (...given) => inner.epochOf(...given),
      release: (...given) => this.#while(() => inner.release(...given)),
      handOver: (...given) => this.#while(() => inner.handOver(...given)),
      waiting: () => this.#while(() => inner.waiting()),
      askToStop: (...given) => this.#while(() => inner.askToStop(...given)),
      stopAsked: (...given) => inner.stopAsked(...given),
      reopenedRuns: () => this.#while(() => inner.reopenedRuns()),
      putBlob: (...given) => this.#while(() => inner.putBlob(...given)),
      getBlob: (...given) => this.#while(() => inner.getBlob(...given)),
      blobSize: (...given) => this.#while(() => inner.blobSize(...given)),
      readBlob: (...given) => this.#while(() => inner.readBlob(...given)),
      get halted() {
        return inner.halted;
      },
      close: () => inner.close(),
    };
  }

  /** What `work` gives, if it is begun and ended while this lives. */
  async #while<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isDead) return await NEVER;
    const begun = work();
    this.#begun.add(begun);
    const done = await begun.finally(() => this.#begun.delete(begun));
    return this.#isDead ? await NEVER : done;
  }
}
