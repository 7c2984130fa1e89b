import type { DatabaseSync } from "node:sqlite";

/** What one caller wants done. */
interface Asked {
  /** Does it, and gives what tells the caller of the commit. @throws what the caller is told instead. */
  readonly act: () => () => void;
  readonly durable: boolean;
  readonly refuse: (error: unknown) => void;
}

/** Commits everything that is asked for in one turn of the event loop at once. */
export class TurnCommits {
  readonly #database: DatabaseSync;
  readonly #undone: () => void;
  #asked: Asked[] = [];

  /** `undone` is called when what was done has not come to a commit. */
  constructor(database: DatabaseSync, undone: () => void) {
    this.#database = database;
    this.#undone = undone;
  }

  /**
   * Resolves with what `act` answers when it is committed; if `durable`, when it is on the disk. An `act` that throws must
   * not have changed anything.
   */
  async commit<T>(act: () => T, { durable }: { readonly durable: boolean }): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const done = (): (() => void) => {
      const answer = act();
      return () => resolve(answer);
    };
    this.#asked.push({ act: done, durable, refuse: reject });
    if (this.#asked.length === 1) setImmediate(() => this.flush());
    return await promise;
  }

  /** Commits what was asked for until now. */
  flush(): void {
    const asked = this.#asked;
    this.#asked = [];
    if (asked.length === 0) return;
    try {
      const tells = this.#together(asked);
      for (const tell of tells) tell();
    } catch (error) {
      this.#undone();
      for (const { refuse } of asked) refuse(error); // of no effect for those who were refused already
    }
  }

  #together(asked: readonly Asked[]): readonly (() => void)[] {
    const database = this.#database;
    // What is no promise to keep an entry may be lost with the power: the entry is handed out once more.
    database.exec(`PRAGMA synchronous = ${asked.some(({ durable }) => durable) ? "FULL" : "NORMAL"}; BEGIN IMMEDIATE`);
    try {
      const tells = asked.flatMap(({ act, refuse }) => {
        try {
          return [act()];
        } catch (error) {
          refuse(error);
          return [];
        }
      });
      database.exec("COMMIT");
      return tells;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}
