import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Fault } from "#model";
import type { Clock } from "#model";
import { SteadyTime } from "../steady-time.ts";
import { openWorkFile } from "./work-file.ts";
import { deadLetters, OPEN_COLUMNS, openWorkOf, workOf } from "./work-rows.ts";
import type { OpenWork, WorkRow } from "./work-rows.ts";
import type {
  AttemptEnd,
  CapabilityStats,
  Claim,
  DeadLetterQuery,
  NewWork,
  WatchedStats,
  Work,
  WorkState,
  WorkStats,
} from "#model";

/** What a store of work is made with. */
export interface WorkStoreOptions {
  /** The file; `:memory:` = it ends with the process. */
  readonly path: string;
  readonly clock: Clock;
  /** Work that may be there and not have ended; more is refused. Default 100,000. */
  readonly capacity?: number;
}

/** What became of what was asked for. */
export interface Accepted {
  /** Ids that are new. */
  readonly added: readonly string[];
  /** Ids of which there was work before. */
  readonly known: readonly string[];
}

/** A page of work, and whether there is more behind it. */
export interface PageOfWork {
  readonly works: readonly Work[];
  readonly more: boolean;
}

/** Where a page begins, and how long it is. */
export interface Page {
  /** The place of the last one of the page before; 0 = from the first. */
  readonly behind: number;
  /** Fewer = there are no more. */
  readonly limit: number;
}

const DEFAULT_CAPACITY = 100_000;
const PAYLOAD_BYTES = 512 * 1024;
/** What is read of dead letters at a time; the one with which it is reached is the last. */
const PAGE_BYTES = 4 * 1024 * 1024;
const MESSAGE_CHARACTERS = 1000;
/** Neither a claim nor the wait for another attempt is longer. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * The truth about work: what it is, who holds it, how far it has got. Every answer but a claim is durable. Whoever claims work gets an epoch;
 * who held it before and comes back late can write nothing any more.
 */
export class WorkStore {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #time: SteadyTime;
  readonly #capacity: number;
  readonly #statements = new Map<string, StatementSync>();

  constructor({ path, clock, capacity = DEFAULT_CAPACITY }: WorkStoreOptions) {
    this.#database = openWorkFile(path);
    this.#clock = clock;
    this.#time = new SteadyTime(clock);
    this.#capacity = capacity;
    this.#bringForward();
  }

  /** The clock may have been set back while no process ran: nothing is then due later than it could have been asked for. */
  #bringForward(): void {
    const now = this.#now();
    this.#run("UPDATE work SET due = :now WHERE ended IS NULL AND due > :latest", {
      now,
      latest: now + LONGEST_WAIT_MS,
    });
  }

  /**
   * Accepts all or none; an id that is known stays as it is.
   * @throws {Fault} LIMIT_EXCEEDED if there is no room; INVALID_REQUEST if a payload is too long.
   */
  accept(works: readonly NewWork[]): Accepted {
    return this.#transaction(() => {
      const accepted = this.#accept(works);
      this.#requireRoom(accepted.added.length);
      return accepted;
    });
  }

  /** What follows from work is accepted without: it takes the place of what it came from, which could not end otherwise. */
  #requireRoom(added: number): void {
    const open = Number(this.#get("SELECT count(*) AS open FROM work WHERE ended IS NULL")?.["open"]);
    if (added === 0 || open <= this.#capacity) return;
    const text = `${open - added} pieces of work wait or run, and at most ${this.#capacity} may; ${added} more were not accepted. Try again when some have ended.`;
    throw new Fault("LIMIT_EXCEEDED", text);
  }

  #accept(works: readonly NewWork[]): Accepted {
    const added: string[] = [];
    const known: string[] = [];
    const now = this.#now();
    for (const work of works) (this.#insert(work, now) ? added : known).push(work.id);
    return { added, known };
  }

  #insert({ id, name, capability, priority, payload, redrives }: NewWork, now: number): boolean {
    const text = JSON.stringify(payload);
    if (Buffer.byteLength(text) > PAYLOAD_BYTES) {
      const seen = `The payload of ${id} has ${Buffer.byteLength(text)} bytes as JSON`;
      throw new Fault("INVALID_REQUEST", `${seen}; at most ${PAYLOAD_BYTES} are allowed. Nothing was accepted.`);
    }
    const { changes } = this.#run(
      `INSERT INTO work (id, name, capability, priority, payload, created, due, redrives)
       VALUES (:id, :name, :capability, :priority, :text, :now, :now, :redrives) ON CONFLICT (id) DO NOTHING`,
      { id, name, capability, priority, text, now, redrives: redrives ?? null },
    );
    if (changes > 0) this.#count(capability, "enqueued");
    return changes > 0;
  }

  /**
   * Takes hold of work whose attempt is due, or whose holder's time is over, for `leaseMs`. It is not synced: one that a power cut takes back
   * is made again as the same attempt, whose own log says whether it was begun.
   */
  claim(id: string, leaseMs: number): Claim {
    return this.#unsynced((): Claim => {
      const work = this.get(id);
      if (work === undefined || work.endedMs !== undefined) return { kind: "over" };
      const now = this.#now();
      if (work.dueMs > now) {
        const attempt = work.state === "running" ? work.attempts : work.attempts + 1;
        return { kind: "later", delayMs: work.dueMs - now, attempt };
      }
      // What was running goes on as the same attempt: its log says whether it was begun, and what it came to.
      const attempts = work.state === "running" ? work.attempts : work.attempts + 1;
      const values = { id, attempts, due: now + leaseMs };
      this.#run(
        "UPDATE work SET state = 'running', attempts = :attempts, epoch = epoch + 1, due = :due WHERE id = :id",
        values,
      );
      if (work.state === "failed") this.#count(work.capability, "retried");
      return {
        kind: "claimed",
        work: { ...work, state: "running", attempts, epoch: work.epoch + 1, dueMs: values.due },
      };
    });
  }

  /** The holder goes on. Answers false if somebody else has claimed it since. */
  extend({ id, epoch }: Pick<Work, "id" | "epoch">, leaseMs: number): boolean {
    const due = this.#now() + leaseMs;
    const sql = "UPDATE work SET due = :due WHERE id = :id AND epoch = :epoch AND state = 'running'";
    return this.#run(sql, { id, epoch, due }).changes > 0;
  }

  /**
   * The holder tells what the attempt came to. Answers false, and nothing is written, if somebody else has claimed it since.
   * What follows is accepted whatever the capacity.
   */
  finish(work: Work, end: AttemptEnd): boolean {
    return this.#transaction(() => {
      const { id, epoch, capability, attempts: attempt } = work;
      const held = this.#get("SELECT errors FROM work WHERE id = :id AND epoch = :epoch AND state = 'running'", {
        id,
        epoch,
      });
      if (held === undefined) return false;
      const now = this.#now();
      if (end.kind === "completed") {
        this.#accept(end.follows);
        this.#run("UPDATE work SET state = 'completed', ended = :now, due = :now WHERE id = :id", { id, now });
        this.#count(capability, "completed");
        return true;
      }
      const { errorClass, message } = end.error;
      const error = { attempt, at: this.#clock.now(), errorClass, message: message.slice(0, MESSAGE_CHARACTERS) };
      const errors = JSON.stringify([...(JSON.parse(String(held["errors"])) as readonly unknown[]), error]);
      this.#count(capability, "failed");
      if (end.kind === "failed") {
        const sql = "UPDATE work SET state = 'failed', due = :due, errors = :errors WHERE id = :id";
        this.#run(sql, { id, due: now + end.delayMs, errors });
        return true;
      }
      const sql = "UPDATE work SET state = 'dead', ended = :now, due = :now, errors = :errors WHERE id = :id";
      this.#run(sql, { id, now, errors });
      this.#count(capability, "dead");
      return true;
    });
  }

  /** The holder has not begun the attempt: it is due again after `delayMs`, and was none. Of no effect if somebody else has claimed it since. */
  release({ id, epoch }: Pick<Work, "id" | "epoch">, delayMs: number): void {
    const sql = `UPDATE work SET state = iif(errors = '[]', 'pending', 'failed'), attempts = attempts - 1, due = :due
      WHERE id = :id AND epoch = :epoch AND state = 'running'`;
    this.#run(sql, { id, epoch, due: this.#now() + delayMs });
  }

  /** The work under an id. */
  get(id: string): Work | undefined {
    const row = this.#get("SELECT * FROM work WHERE id = :id", { id });
    return row && workOf(row);
  }

  /** What is due since `overdueMs` or longer and nobody has claimed, the longest first. */
  overdue({ overdueMs, limit }: { readonly overdueMs: number; readonly limit: number }): readonly OpenWork[] {
    const sql = `SELECT ${OPEN_COLUMNS} FROM work WHERE ended IS NULL AND due <= :due ORDER BY due, place LIMIT :limit`;
    return this.#all(sql, { due: this.#now() - overdueMs, limit }).map(openWorkOf);
  }

  /** Work that has not ended, by the order of its coming. */
  open({ behind, limit }: Page): readonly OpenWork[] {
    const sql = `SELECT ${OPEN_COLUMNS} FROM work WHERE ended IS NULL AND place > :behind ORDER BY place LIMIT :limit`;
    return this.#all(sql, { behind, limit }).map(openWorkOf);
  }

  /** Dead letters that fit, by the order of their coming: no more of them than 4 MiB, and one at least. */
  deadLetters(query: DeadLetterQuery, { behind, limit }: Page): PageOfWork {
    const { sql, values } = deadLetters(query);
    const text = `SELECT * FROM work WHERE ${sql} AND place > :behind ORDER BY place LIMIT :limit`;
    const works: Work[] = [];
    let bytes = 0;
    for (const row of this.#prepared(text).iterate({ ...values, behind, limit: limit + 1 })) {
      if (works.length >= limit || bytes >= PAGE_BYTES) return { works, more: true };
      bytes += String(row["payload"]).length + String(row["errors"]).length;
      works.push(workOf(row as WorkRow)); // no column is a blob
    }
    return { works, more: false };
  }

  /** How many dead letters fit. */
  countDeadLetters(query: DeadLetterQuery): number {
    const { sql, values } = deadLetters(query);
    return Number(this.#get(`SELECT count(*) AS dead FROM work WHERE ${sql}`, values)?.["dead"]);
  }

  /** Accepts a dead letter anew, as work of its own that is linked to it. Undefined if it is no dead letter, or was redriven. @throws {Fault} LIMIT_EXCEEDED */
  redrive(id: string, newId: string): Work | undefined {
    return this.#transaction(() => {
      const dead = this.get(id);
      if (dead?.state !== "dead" || dead.redrivenAs !== undefined) return undefined;
      const { name, capability, priority, payload } = dead;
      this.#accept([{ id: newId, name, capability, priority, payload, redrives: id }]);
      this.#requireRoom(1);
      this.#run("UPDATE work SET redriven_as = :newId, ended = :now WHERE id = :id", { id, newId, now: this.#now() });
      return this.get(newId);
    });
  }

  /** Gives a dead letter up for good. Answers false if it is none, or was redriven. */
  discard(id: string, { by, reason }: { readonly by: string; readonly reason: string }): boolean {
    const sql = `UPDATE work SET state = 'discarded', ended = :now, discarded_by = :by, discarded_why = :reason
      WHERE id = :id AND state = 'dead' AND redriven_as IS NULL`;
    return this.#run(sql, { id, by, reason, now: this.#now() }).changes > 0;
  }

  /** Numbers of all of it. It takes the longer, the more that has ended is kept. */
  stats(): WorkStats {
    const watched = this.watchedStats();
    const ended = this.#counted(["completed", "discarded"]);
    return { ...watched, states: { ...watched.states, ...ended } };
  }

  /** The numbers that may be asked for often: what has ended is not counted for them. */
  watchedStats(): WatchedStats {
    const states = this.#counted(["pending", "running", "failed", "dead"]);
    const oldest = this.#get("SELECT min(created) AS oldest FROM work WHERE ended IS NULL")?.["oldest"] ?? undefined;
    const capabilities = this.#all("SELECT * FROM total ORDER BY capability").map(
      ({ capability, ...counts }) => ({ capability, ...counts }) as unknown as CapabilityStats, // the columns are its members
    );
    return { states, oldestAgeMs: oldest === undefined ? undefined : this.#now() - Number(oldest), capabilities };
  }

  #counted<State extends WorkState>(states: readonly State[]): Record<State, number> {
    const counted = states.map((state) => [
      state,
      Number(this.#get("SELECT count(*) AS works FROM work WHERE state = :state", { state })?.["works"]),
    ]);
    return Object.fromEntries(counted) as Record<State, number>; // one of each
  }

  /** Keeps a document by its hash, once. */
  keepDocument(hash: string, text: string): void {
    this.#run("INSERT INTO document (hash, text) VALUES (:hash, :text) ON CONFLICT (hash) DO NOTHING", { hash, text });
  }

  /** A document that was kept. */
  document(hash: string): string | undefined {
    const text = this.#get("SELECT text FROM document WHERE hash = :hash", { hash })?.["text"];
    return text === undefined ? undefined : String(text);
  }

  /**
   * Forgets what was completed or discarded before a time, at most `limit` of it, and dead letters whose new work has ended.
   * Other dead letters stay. Answers how much.
   */
  prune({ endedBeforeMs, limit }: { readonly endedBeforeMs: number; readonly limit: number }): number {
    const sql = `DELETE FROM work WHERE place IN (
      SELECT place FROM work WHERE ended < :before AND (state IN ('completed', 'discarded') OR
        redriven_as IS NOT NULL AND NOT EXISTS (SELECT 1 FROM work AS anew WHERE anew.id = work.redriven_as AND anew.ended IS NULL))
      ORDER BY ended LIMIT :limit)`;
    return Number(this.#run(sql, { before: endedBeforeMs, limit }).changes);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #count(capability: string, column: keyof Omit<CapabilityStats, "capability">): void {
    const sql = `INSERT INTO total (capability, ${column}) VALUES (:capability, 1)
      ON CONFLICT (capability) DO UPDATE SET ${column} = ${column} + 1`;
    this.#run(sql, { capability });
  }

  #now(): number {
    return this.#time.nowMs();
  }

  #unsynced<T>(body: () => T): T {
    this.#database.exec("PRAGMA synchronous = NORMAL");
    try {
      return this.#transaction(body);
    } finally {
      this.#database.exec("PRAGMA synchronous = FULL");
    }
  }

  #transaction<T>(body: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const answer = body();
      this.#database.exec("COMMIT");
      return answer;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #run(sql: string, values: Readonly<Record<string, string | number | null>>): { readonly changes: number | bigint } {
    return this.#prepared(sql).run(values);
  }

  #get(sql: string, values: Readonly<Record<string, string | number>> = {}): WorkRow | undefined {
    return this.#prepared(sql).get(values) as WorkRow | undefined; // no column is a blob
  }

  #all(sql: string, values: Readonly<Record<string, string | number>> = {}): readonly WorkRow[] {
    return this.#prepared(sql).all(values) as readonly WorkRow[]; // no column is a blob
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
