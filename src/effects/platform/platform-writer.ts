import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import { resourceKey } from "#model";
import type { Clock, Json } from "#model";
import { PLATFORM_BOUNDS } from "./platform-rules.ts";
import { PlatformRefusal } from "./platform-write.ts";
import type { PlatformWrite, RevertStep, SetStep } from "./platform-write.ts";

interface Wanted {
  readonly key: string;
  /** JSON text; null = nothing shall stand there. */
  readonly text: string | null;
  readonly by: string;
}

interface Performed {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly version: number;
  /** The entry of the journal; null = it changed nothing. */
  readonly seq: number | null;
}

/** Writes to the platform, one transaction a call: all of it and its entry in the journal are durable when a call returns, or nothing is. */
export class PlatformWriter {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #statements: ReturnType<typeof statementsOf>;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#statements = statementsOf(database);
  }

  /** Sets a resource in somebody's name. @throws {PlatformRefusal} */
  set(key: string, value: Json, by: string): PlatformWrite {
    return told(this.#atomically(() => this.#write({ key, text: JSON.stringify(value), by })));
  }

  /** Sets a resource, once for each step. @throws {PlatformRefusal} */
  perform({ idempotencyKey, key, value }: SetStep): PlatformWrite {
    return this.#once(idempotencyKey, key, () => this.#write({ key, text: JSON.stringify(value), by: idempotencyKey }));
  }

  /**
   * Puts back what stood there before a step changed it, once; nothing is to be done if that stands there again.
   * @throws {PlatformRefusal} if the key was changed since.
   */
  revert({ idempotencyKey, key, undoes }: RevertStep): PlatformWrite {
    return this.#once(idempotencyKey, key, () => {
      const made = this.#statements.performed.get(undoes) as Performed | undefined; // the columns of a STRICT table
      if (made !== undefined && made.key !== key)
        throw new PlatformRefusal(`${undoes} changed ${made.key}, not ${key}: name the key that it changed`);
      if (made === undefined || made.seq === null) return this.#asItIs(key);
      const last = this.#last(key);
      if (last?.seq !== made.seq) {
        const now = this.#asItIs(key);
        if (sameJson(now.after, made.before)) return now; // an attempt that nobody knows to have ended has put it back
        const text = `${key} was changed again after ${undoes}: its change is entry ${made.seq} of the journal, the last one is ${String(last?.seq)}`;
        throw new PlatformRefusal(`${text}; decide by hand what shall stand there`);
      }
      return this.#write({ key, text: made.before, by: idempotencyKey });
    });
  }

  #once(idempotencyKey: string, key: string, write: () => Performed): PlatformWrite {
    return told(
      this.#atomically(() => {
        const before = this.#statements.performed.get(idempotencyKey) as Performed | undefined; // as above
        if (before !== undefined && before.key !== key)
          throw new PlatformRefusal(`${idempotencyKey} was performed on ${before.key}, and cannot be on ${key}`);
        if (before !== undefined) return before;
        const done = write();
        this.#statements.note.run(idempotencyKey, key, done.before, done.after, done.version, done.seq);
        return done;
      }),
    );
  }

  #write({ key, text, by }: Wanted): Performed {
    const { standing, forget, change, add } = this.#statements;
    const row = standing.get(key) as { readonly value: string | null } | undefined; // the one column that is asked for
    const before = row?.value ?? null;
    if (sameJson(before, text)) return this.#asItIs(key);
    if (before === null) this.#requireRoom(key);
    const at = this.#clock.now();
    if (row === undefined) add.run(key, text, by, at);
    else {
      forget.run(key); // a name that stood there before would not be taken for a new one
      change.run(text, by, at, key);
    }
    const last = this.#last(key);
    return { key, before, after: text, version: last?.version ?? 0, seq: last?.seq ?? null };
  }

  #asItIs(key: string): Performed {
    const row = this.#statements.standing.get(key) as { readonly value: string | null } | undefined; // as above
    const text = row?.value ?? null;
    return { key, before: text, after: text, version: this.#last(key)?.version ?? 0, seq: null };
  }

  #last(key: string): { readonly seq: number; readonly version: number } | undefined {
    return this.#statements.last.get(key) as { seq: number; version: number } | undefined; // INTEGER, NOT NULL
  }

  #requireRoom(key: string): void {
    const named = resourceKey(key);
    if (named === undefined || named.kind === "capability") return;
    const of = named.kind === "configuration" ? "configuration/" : `capability/${named.capability}/parameters/`;
    const most =
      named.kind === "configuration" ? PLATFORM_BOUNDS.configurationKeys : PLATFORM_BOUNDS.parametersPerCapability;
    const { count } = this.#statements.count.get(of, `${of}\u{10FFFF}`) as { readonly count: number }; // always one row
    if (count >= most) throw new PlatformRefusal(`${count} values stand below ${of}, which is the limit`);
  }

  #atomically<T>(work: () => T): T {
    const { begin, commit, rollback } = this.#statements;
    begin.run();
    try {
      const done = work();
      commit.run();
      return done;
    } catch (error) {
      if (this.#database.isTransaction) rollback.run();
      throw error;
    }
  }
}

function statementsOf(database: DatabaseSync): Record<StatementName, StatementSync> {
  return {
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    rollback: database.prepare("ROLLBACK"),
    standing: database.prepare("SELECT value FROM resource WHERE key = ?"),
    last: database.prepare("SELECT seq, version FROM change WHERE key = ? ORDER BY seq DESC LIMIT 1"),
    count: database.prepare("SELECT count(*) AS count FROM resource WHERE key > ? AND key < ? AND value IS NOT NULL"),
    add: database.prepare("INSERT INTO resource (key, value, changed_by, changed_at) VALUES (?, ?, ?, ?)"),
    forget: database.prepare("UPDATE resource SET changed_by = NULL, changed_at = NULL WHERE key = ?"),
    change: database.prepare("UPDATE resource SET value = ?, changed_by = ?, changed_at = ? WHERE key = ?"),
    performed: database.prepare("SELECT key, before, after, version, seq FROM performed WHERE idempotency_key = ?"),
    note: database.prepare("INSERT INTO performed VALUES (?, ?, ?, ?, ?, ?)"),
  };
}

type StatementName =
  | "begin"
  | "commit"
  | "rollback"
  | "standing"
  | "last"
  | "count"
  | "add"
  | "forget"
  | "change"
  | "performed"
  | "note";

function told({ key, before, after, version }: Performed): PlatformWrite {
  return { key, before: jsonOf(before), after: jsonOf(after), version };
}

/** What stands in a column; null for nothing. */
export function jsonOf(text: string | null): Json {
  return text === null ? null : (JSON.parse(text) as Json); // the table takes nothing but JSON
}

function sameJson(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  return one === other || isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
}
