import type { CommittedChange } from "#model";
import type { Outbox } from "#effects";
import { OutboxRelay } from "#orchestration";
import type { RelayNews } from "#orchestration";
import { WorkStore } from "#queue";
import { ManualClock } from "../../support/clock.ts";

/** What a relay asks for, in the order in which it does. */
export type Call = "read" | "publish" | "remove" | "setAside";

/** Told before and after each call of a relay; what it throws is the call's error. */
export type OnCall = (call: Call, when: "before" | "after") => void;

/** A relay whose calls can be made to fail, over an outbox and a store of work that outlive it. */
export class RelayBench {
  readonly clock = new ManualClock();
  readonly store = new WorkStore({ path: ":memory:", clock: this.clock });
  readonly news: RelayNews[] = [];
  /** Ids of changes whose work was new, in order. */
  readonly enqueued: string[] = [];
  /** Ids of changes that were asked for, in order. */
  readonly asked: string[] = [];
  /** Ids of those of them that the desk was to be quiet about, in order. */
  readonly quiet: string[] = [];
  /** What the desk says of a change before it accepts it; may throw. */
  refuse: (change: CommittedChange) => void = () => undefined;
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** A relay that is not started. `onIdle` is called whenever it waits for rows. */
  relay({ onCall = () => undefined, onIdle = () => undefined }: { onCall?: OnCall; onIdle?: () => void }): OutboxRelay {
    const outbox = this.#outbox;
    const called = async <T>(call: Call, carryOut: () => Promise<T>): Promise<T> => {
      onCall(call, "before");
      const result = await carryOut();
      onCall(call, "after");
      return result;
    };
    return new OutboxRelay({
      clock: this.clock,
      pollMs: 1000,
      onNews: (news) => this.news.push(news),
      desk: {
        publish: async (change, options) =>
          await called("publish", async () => {
            this.asked.push(change.changeId);
            if (options?.quiet === true) this.quiet.push(change.changeId);
            this.refuse(change);
            const work = { id: change.changeId, name: "tell", capability: "email.send", priority: 5, payload: {} };
            const { added } = this.store.accept([work]);
            this.enqueued.push(...added);
            return { hooks: ["Item.after_create"], works: [work.id], added: added.length };
          }),
      },
      outbox: {
        read: async (limit) => await called("read", async () => await outbox.read(limit)),
        remove: async (places) => await called("remove", async () => await outbox.remove(places)),
        setAside: async (place, why) => await called("setAside", async () => await outbox.setAside(place, why)),
        async wait(milliseconds, options) {
          onIdle();
          await outbox.wait(milliseconds, options);
        },
        close: async () => undefined,
      },
    });
  }

  /** Runs a relay until it waits for rows. */
  async untilIdle(): Promise<void> {
    const idle = Promise.withResolvers<void>();
    const relay = this.relay({ onIdle: idle.resolve });
    relay.start();
    await this.clock.settle(idle.promise);
    await relay.close();
  }

  /** Runs a relay that dies at one of its calls, before or after that was carried out, or until it waits for rows. */
  async untilCall(at: number, when: "before" | "after"): Promise<void> {
    const ended = Promise.withResolvers<void>();
    let calls = 0;
    let dead = false;
    const onCall: OnCall = (_call, reached) => {
      if (reached === "before") calls++;
      if (calls === at && reached === when) dead = true;
      if (!dead) return;
      ended.resolve();
      throw new Error("the process has died");
    };
    const relay = this.relay({ onCall, onIdle: ended.resolve });
    relay.start();
    await ended.promise;
    await relay.close();
  }
}
