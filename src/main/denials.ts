import { randomUUIDv7 } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Denial, DenialReader } from "#api";
import { createMemoryStore, createSqliteStore, makeDirectory } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { DenialLog } from "#orchestration";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";
import { textOf } from "./work-log.ts";

const DIRECTORY = "denials";

/** Denials as evidence: a store of their own in the state directory, which is opened when there is something to write or to read. */
export class DenialsOfServer implements AsyncDisposable {
  readonly #configuration: Pick<LoadedConfiguration, "state" | "store">;
  readonly #log: DenialLog;
  #store: EvidenceStore | undefined;

  constructor(configuration: Pick<LoadedConfiguration, "state" | "store">, log: EventLog) {
    this.#configuration = configuration;
    this.#log = new DenialLog({
      openStore: () => this.#opened(),
      clock: systemClock,
      onProblem: (error) => log("denials.failed", { error: textOf(error) }),
    });
  }

  /** Counts a call that was denied. */
  note({ kind, principal, method, detail, peer = "" }: Omit<Denial, "count">): void {
    this.#log.note({ kind, principal, method, detail, peer });
  }

  /** What there is to read; undefined while nothing was ever denied. */
  readonly reader = async (): Promise<DenialReader | undefined> => {
    await this.#log.catchUp();
    const { state, store } = this.#configuration;
    const isThere = this.#store !== undefined || (store !== "memory" && existsSync(join(state, DIRECTORY)));
    return isThere ? this.#opened() : undefined;
  };

  #opened(): EvidenceStore {
    if (this.#store !== undefined) return this.#store;
    const { state, store } = this.#configuration;
    const options = { newEventId: randomUUIDv7 };
    if (store === "memory") return (this.#store = createMemoryStore(options));
    const directory = join(state, DIRECTORY);
    makeDirectory(directory);
    return (this.#store = createSqliteStore(directory, options));
  }

  /** Records what was counted, and closes the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log.flush();
    await this.#store?.close();
  }
}
