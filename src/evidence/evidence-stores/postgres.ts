import type { Cancellation, Clock } from "#model";
import { assert } from "#model";
import { makeDirectory } from "../durable-file.ts";
import type { Claimant, EvidenceStore, ListedRuns, RunHead, WaitingRun } from "../evidence-store.ts";
import type { LogBackend, Refusal, RunAppend, SharedBackend, SharedNews } from "../log-backend.ts";
import { LogStore } from "../log-store.ts";
import type { LogStoreOptions } from "../log-store-options.ts";
import { lockDirectory } from "./directory-lock.ts";
import { callsOf, linesByRun, valuesOf } from "./postgres/append-call.ts";
import type { RunLines, Verdict } from "./postgres/append-call.ts";
import { Claims } from "./postgres/claims.ts";
import { Connections, isPassing, unavailable } from "./postgres/connections.ts";
import { migrate } from "./postgres/migrations.ts";
import { LogReader } from "./postgres/log-reader.ts";
import { NewsChannel } from "./postgres/news-channel.ts";
import type { ChannelCall } from "./postgres/news-channel.ts";
import { ownerOf, requireSameStore } from "./postgres/place-files.ts";
import { requireDenials, requireDurableServer } from "./postgres/server-settings.ts";

/** Where the tables of a store are, and its times. */
export interface PostgresStoreOptions {
  /** `postgres://`, with user, password and database. */
  readonly url: string;
  /** Name of the schema, which is made if it is not there: lower-case letters, digits and `_`, up to 50. Default `verbatim_evidence`. */
  readonly schema?: string;
  readonly clock: Clock;
  /** Makes a name that nobody else has. */
  readonly newToken: () => string;
  /** Connections at most, 4 or more. Default 10. */
  readonly connections?: number;
  /** Without a word for so long a run may be taken over, in milliseconds. Default 15,000. */
  readonly leaseMs?: number;
  /** So often it is looked for what notifications have not told of, in milliseconds. Default 2,000. */
  readonly pollMs?: number;
  /** A server that says nothing for so long is asked anew, in milliseconds. Default 10,000. */
  readonly silentAfterMs?: number;
  /** An append waits so long for a server that is gone; then the store halts. In milliseconds, default 300,000. */
  readonly patienceMs?: number;
  /** Told when the server has begun to be unavailable, and (undefined) when it is back; must not throw. */
  readonly onUnavailable?: (why: string | undefined) => void;
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,49}$/;
const DEFAULTS = { connections: 10, leaseMs: 15_000, pollMs: 2000, silentAfterMs: 10_000, patienceMs: 300_000 };
/** A claim is looked at anew so often before an append of a run is given up. */
const CLAIMS_PER_APPEND = 3;

/** Keeps logs in tables of PostgreSQL, which other processes write to as well. */
class PostgresBackend implements LogBackend, SharedBackend {
  readonly #directory: string;
  readonly #schema: string;
  readonly #leaseMs: number;
  readonly #session: string;
  readonly #owner: string;
  readonly #unlock: () => void;
  readonly #connections: Connections;
  readonly #reader: LogReader;
  readonly #claims: Claims;
  readonly #options: PostgresStoreOptions;
  #channel: NewsChannel | undefined;
  #news: SharedNews | undefined;
  #ready: Promise<void> | undefined;

  constructor(directory: string, options: PostgresStoreOptions) {
    const { schema = "verbatim_evidence", clock } = options;
    assert(SCHEMA.test(schema), "the name of a schema has lower-case letters, digits and _, up to 50");
    this.#options = options;
    this.#directory = directory;
    this.#schema = schema;
    this.#leaseMs = options.leaseMs ?? DEFAULTS.leaseMs;
    makeDirectory(directory);
    this.#unlock = lockDirectory(directory);
    this.#session = options.newToken();
    this.#owner = ownerOf(directory, options.newToken);
    this.#connections = new Connections({
      url: options.url,
      clock,
      connections: options.connections ?? DEFAULTS.connections,
      silentAfterMs: options.silentAfterMs ?? DEFAULTS.silentAfterMs,
      patienceMs: options.patienceMs ?? DEFAULTS.patienceMs,
      onUnavailable: options.onUnavailable,
    });
    this.#reader = new LogReader(this.#connections, schema);
    this.#claims = new Claims({
      connections: this.#connections,
      schema,
      owner: this.#owner,
      session: this.#session,
      leaseMs: this.#leaseMs,
      clock,
      onLost: (runIds) => this.#news?.lost(runIds),
      onStopAsked: (runId, cancellation) => this.#news?.stopAsked(runId, cancellation),
    });
  }

  get shared(): SharedBackend {
    return this;
  }

  attach(news: SharedNews): void {
    this.#news = news;
  }

  holds(runId: string): boolean {
    return this.#claims.epochOf(runId) !== undefined;
  }

  /** Resolves when the tables are there. @throws {Fault} INVALID_CONFIGURATION; STORE_UNAVAILABLE. */
  async ready(): Promise<void> {
    this.#ready ??= this.#start();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw isPassing(error) ? unavailable(error) : error;
    }
  }

  async #start(): Promise<void> {
    const schema = this.#schema;
    const id = await this.#connections.transaction(async (on) => {
      await requireDurableServer(on);
      await migrate(on, schema);
      await requireDenials(on, schema);
      return (await on.query<{ id: string }>(`SELECT id FROM ${schema}.store`)).rows[0]?.id;
    });
    requireSameStore(this.#directory, String(id));
    const { clock, pollMs = DEFAULTS.pollMs } = this.#options;
    this.#channel = new NewsChannel({
      connections: this.#connections,
      channel: `${schema}_news`,
      session: this.#session,
      clock,
      pollMs,
      onNews: (runId) => this.#news?.changed(runId),
      onCall: (call, runIds) => this.#hear(call, runIds),
    });
  }

  async write(appends: readonly RunAppend[]): Promise<ReadonlyMap<string, Refusal>> {
    await this.ready();
    const refused = new Map<string, Refusal>();
    for (const call of callsOf(linesByRun(appends))) await this.#writeCall(call, refused);
    this.#channel?.tell(new Set(appends.map(({ runId }) => runId)).difference(refused));
    return refused;
  }

  /** Until each run has an answer: a lease that is over, and that nobody has used, is no reason to refuse. */
  async #writeCall(call: readonly RunLines[], refused: Map<string, Refusal>): Promise<void> {
    let left = call;
    for (let tries = 0; left.length > 0; tries += 1) {
      const unclaimed = left.filter(({ runId, first }) => first > 0 && !this.holds(runId)).map(({ runId }) => runId);
      if (unclaimed.length > 0) await this.#claims.claim(unclaimed);
      const held = left.filter(({ runId, first }) => first === 0 || this.holds(runId));
      for (const { runId } of left) if (!held.some((run) => run.runId === runId)) refused.set(runId, "fenced");
      if (held.length === 0) return;
      const verdicts = await this.#append(held);
      left = held.filter((run, place) => this.#settle(run, verdicts[place], refused) === "again");
      if (tries >= CLAIMS_PER_APPEND) for (const { runId } of left) refused.set(runId, "fenced");
      if (tries >= CLAIMS_PER_APPEND) return;
    }
  }

  async #append(runs: readonly RunLines[]): Promise<readonly Verdict[]> {
    const epochOf = (runId: string): string => this.#claims.epochOf(runId) ?? "1";
    const text = `SELECT verdict, epoch FROM ${this.#schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;
    const values = [this.#owner, this.#session, this.#leaseMs, ...valuesOf(runs, epochOf)];
    return await this.#connections.persist<Verdict & Record<string, unknown>>(text, values, "append");
  }

  #settle({ runId, ends }: RunLines, verdict: Verdict | undefined, refused: Map<string, Refusal>): "done" | "again" {
    assert(verdict !== undefined, "each run has a verdict");
    if (verdict.verdict === "stale" || verdict.verdict === "lapsed") {
      this.#claims.drop(runId); // to be claimed anew
      return "again";
    }
    if (verdict.verdict === "fenced") this.#claims.drop(runId);
    if (verdict.verdict !== "written") refused.set(runId, verdict.verdict);
    else if (ends === true) this.#claims.drop(runId);
    else if (verdict.epoch !== null) this.#claims.hold(runId, verdict.epoch);
    return "done";
  }

  async read(runId: string, afterSeq: number, limit: number): Promise<readonly string[]> {
    await this.ready();
    return await this.#reader.read(runId, afterSeq, limit);
  }

  async head(runId: string): Promise<RunHead | undefined> {
    await this.ready();
    return (await this.#reader.heads("WHERE r.run_id = $1", [runId]))[0];
  }

  async runs(asked: ListedRuns): Promise<readonly RunHead[]> {
    await this.ready();
    return await this.#reader.runs(asked);
  }

  async openRuns(): Promise<readonly RunHead[]> {
    await this.ready();
    return await this.#reader.heads("WHERE NOT c.ended AND r.run_id !~ '^~' ORDER BY c.run_no", []);
  }

  async reopenedRuns(): Promise<readonly RunHead[]> {
    await this.ready();
    return await this.#reader.heads("WHERE c.reopened AND r.run_id !~ '^~' ORDER BY c.run_no", []);
  }

  #hear(call: ChannelCall, runIds: readonly string[]): void {
    if (call !== "stop") this.#news?.free(runIds, call);
    else if (runIds.some((runId) => this.holds(runId))) void this.#claims.lookForWishes().catch(() => undefined); // a renewal finds it
  }

  epochOf(runId: string): string | undefined {
    return this.#claims.epochOf(runId);
  }

  stopAsked(runId: string): Cancellation | undefined {
    return this.#claims.stopAsked(runId);
  }

  async claim(runId: string, as: Claimant): Promise<RunHead | undefined> {
    await this.ready();
    if (this.holds(runId)) return await this.head(runId);
    return (await this.#headsOf(await this.#claims.takeOver(as, runId)))[0];
  }

  async release(runId: string): Promise<void> {
    await this.ready();
    if (await this.#claims.giveUp(runId, "driver")) this.#channel?.call("driver", [runId]);
  }

  async rest(runId: string): Promise<void> {
    await this.ready();
    await this.#claims.giveUp(runId, "person");
  }

  async handOver(runId: string, needs: readonly string[]): Promise<boolean> {
    await this.ready();
    const given = await this.#claims.giveUp(runId, { needs });
    if (given) this.#channel?.call("worker", [runId]);
    return given;
  }

  async waiting(): Promise<readonly WaitingRun[]> {
    await this.ready();
    return await this.#reader.waiting();
  }

  async askToStop(runId: string, { cancelledBy, reason }: Cancellation): Promise<void> {
    await this.ready();
    const text = `UPDATE ${this.#schema}.claims c SET stop = $2 FROM ${this.#schema}.runs r
      WHERE r.run_no = c.run_no AND r.run_id = $1 AND NOT c.ended AND c.stop IS NULL`;
    await this.#connections.persist(text, [runId, JSON.stringify({ cancelledBy, reason })]);
    if (this.holds(runId)) await this.#claims.lookForWishes();
    else this.#channel?.call("stop", [runId]);
  }

  async takeOver(as: Claimant): Promise<readonly RunHead[]> {
    await this.ready();
    return await this.#headsOf(await this.#claims.takeOver(as));
  }

  /** Of what was just claimed. If it cannot be read it is nobody's again: a claim without somebody who knows of it would be renewed for ever. */
  async #headsOf(runIds: readonly string[]): Promise<readonly RunHead[]> {
    if (runIds.length === 0) return [];
    try {
      return await this.#reader.heads("WHERE r.run_id = ANY ($1) ORDER BY c.run_no", [runIds]);
    } catch (error) {
      for (const runId of runIds) this.#claims.giveUp(runId, "driver").catch(() => undefined); // then its lease ends
      throw error;
    }
  }

  async putBlob(digest: string, bytes: Uint8Array): Promise<void> {
    await this.ready();
    const text = `INSERT INTO ${this.#schema}.blobs (digest, bytes) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`;
    await this.#connections.persist(text, [digest, Buffer.from(bytes)]);
  }

  async getBlob(digest: string): Promise<Uint8Array | undefined> {
    await this.ready();
    return await this.#reader.blob(digest);
  }

  async readBlob(digest: string, start: number, into?: Uint8Array): Promise<Uint8Array | undefined> {
    await this.ready();
    const piece = await this.#reader.blobPiece(digest, start);
    if (piece === undefined || into === undefined) return piece;
    into.set(piece);
    return into.subarray(0, piece.length);
  }

  /** From now on a try that fails is the last one. */
  giveUp(): void {
    this.#connections.giveUp();
  }

  async close(): Promise<void> {
    this.#connections.giveUp();
    const freed = await this.#claims.close();
    this.#channel?.call("driver", freed);
    await this.#channel?.close();
    await this.#connections.close();
    this.#unlock();
  }
}

/**
 * The shared store: tables in PostgreSQL, which the processes of several state directories use at the same time. `directory` names
 * this one, and has its lock. It connects at the first call.
 * @throws {Fault} STATE_LOCKED if another process owns the directory.
 */
export function createPostgresStore(
  directory: string,
  place: PostgresStoreOptions,
  options: LogStoreOptions,
): EvidenceStore {
  return new LogStore(new PostgresBackend(directory, place), options);
}
