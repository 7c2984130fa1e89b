import { randomUUID } from "node:crypto";
import { createPostgresStore } from "#evidence";
import type { EvidenceStore, PostgresStoreOptions } from "#evidence";
import { machineClock } from "../../support/machine-clock.ts";
import { stateDirectory } from "./state-directory.ts";

type StoreSettings = Parameters<typeof createPostgresStore>[2];

/** Stores of several state directories over one schema; all are closed when it is disposed. */
export class SharedStores implements AsyncDisposable {
  readonly schema = `s_${randomUUID().replaceAll("-", "")}`;
  readonly #url: string;
  readonly #opened = new AsyncDisposableStack();

  constructor(url: string) {
    this.#url = url;
  }

  /** A store with a state directory of its own, unless one is named. */
  open(
    place: Partial<PostgresStoreOptions> & { readonly directory?: string } = {},
    options: Partial<StoreSettings> = {},
  ): EvidenceStore {
    const { directory = this.directory(), ...given } = place;
    const where = { url: this.#url, schema: this.schema, clock: machineClock, newToken: randomUUID, ...given };
    const store = createPostgresStore(directory, where, { newEventId: randomUUID, ...options });
    return this.#opened.adopt(store, (open) => open.close());
  }

  /** A fresh state directory. */
  directory(): string {
    return this.#opened.use(stateDirectory()).path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}
