import type { Cancellation, Clock } from "#model";
import type { Claimant } from "../../evidence-store.ts";
import { isPassing } from "./connections.ts";
import type { Connections } from "./connections.ts";
import { StopWishes } from "./stop-wishes.ts";

/** How runs are claimed. */
export interface ClaimsOptions {
  readonly connections: Connections;
  readonly schema: string;
  /** Names the state directory: of its processes no two live at the same time. */
  readonly owner: string;
  /** Names this store within its owner. */
  readonly session: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Told of runs that somebody else has claimed; must not throw. */
  readonly onLost: (runIds: readonly string[]) => void;
  /** Told once of each run that is held here and is to be stopped; must not throw. */
  readonly onStopAsked: (runId: string, cancellation: Cancellation) => void;
}

/** Renewals within one lease. */
const RENEWALS = 3;
/** Runs that are taken over at once. */
const TAKEN_OVER_AT_ONCE = 1000;

/** What rests is a driver's again as soon as somebody claims it by its name. */
const ROUSED = "CASE c.hands WHEN 'person' THEN 'driver' ELSE c.hands END";

/** For whom a run is given up: whoever drives runs, whoever comes because a person has said something, or workers that serve step types. */
export type GivenTo = "driver" | "person" | { readonly needs: readonly string[] };

/**
 * Whose claim may be taken over: one of an earlier process over the same directory, and one whose lease is over. The latter may be of
 * this very process, which does not know of it: the answer to its claim was lost.
 */
const TAKEN_OVER = `(session <> $2 AND (owner = $1 OR lease_until <= clock_timestamp())
           OR session = $2 AND lease_until <= clock_timestamp() AND run_no NOT IN (SELECT run_no FROM $.runs WHERE run_id = ANY ($8)))`;

interface ClaimedRow {
  readonly run_id: string;
  readonly epoch: string;
  readonly stop: Cancellation | null;
}

/**
 * The runs that this store may write to, each with the epoch under which it has claimed it. Epochs are told apart as texts: they are
 * 64 bits wide.
 *
 * Leases are renewed by the event loop that drives the runs: if it stands still, so do they.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #epochs = new Map<string, string>();
  readonly #wishes: StopWishes;
  #disarm: (() => void) | undefined;
  #renewing: Promise<void> | undefined;
  #closed = false;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#wishes = new StopWishes(options.onStopAsked);
  }

  /** The epoch under which this store holds the run. */
  epochOf(runId: string): string | undefined {
    return this.#epochs.get(runId);
  }

  /** Why a run that is held here is to be stopped. */
  stopAsked(runId: string): Cancellation | undefined {
    return this.#wishes.of(runId);
  }

  hold(runId: string, epoch: string): void {
    this.#epochs.set(runId, epoch);
    this.#renewLater();
  }

  drop(runId: string): void {
    this.#epochs.delete(runId);
    this.#wishes.forget(runId);
  }

  #holdAll(rows: readonly ClaimedRow[]): void {
    for (const { run_id: runId, epoch, stop } of rows) {
      this.hold(runId, epoch);
      this.#wishes.hear(runId, stop);
    }
  }

  /**
   * Claims runs to write to them, each under a new epoch, in one statement: such as nobody else holds, and no worker is to perform.
   * What is not held afterwards is somebody else's.
   */
  async claim(runIds: readonly string[]): Promise<void> {
    const { connections, schema, owner, session, leaseMs } = this.#options;
    const rows = await connections.persist<ClaimedRow & Record<string, unknown>>(
      `WITH asked AS (SELECT c.run_no, r.run_id FROM ${schema}.claims c JOIN ${schema}.runs r USING (run_no)
         WHERE r.run_id = ANY ($4) ORDER BY c.run_no FOR NO KEY UPDATE OF c)
       UPDATE ${schema}.claims c SET epoch = c.epoch + 1, owner = $1, session = $2, hands = ${ROUSED},
         lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond' FROM asked
       WHERE c.run_no = asked.run_no
         AND (c.session = $2 OR c.hands <> 'worker' AND (c.owner = $1 OR c.ended OR c.lease_until <= clock_timestamp()))
       RETURNING asked.run_id, c.epoch, c.stop`,
      [owner, session, leaseMs, runIds],
    );
    for (const runId of runIds) this.drop(runId);
    this.#holdAll(rows);
  }

  /**
   * Claims the open runs whose owner is gone: its lease is over, or it was an earlier process over the same directory. Oldest first.
   * @param only claims that one alone, if it is such a run.
   */
  async takeOver(as: Claimant, only?: string): Promise<readonly string[]> {
    const { connections, schema, owner, session, leaseMs } = this.#options;
    const serves = as.hands === "worker" ? as.serves : null;
    const most = as.hands === "worker" ? (as.max ?? TAKEN_OVER_AT_ONCE) : TAKEN_OVER_AT_ONCE;
    const rows = await connections.persist<ClaimedRow & Record<string, unknown>>(
      `WITH gone AS (SELECT run_no FROM ${schema}.claims
         WHERE NOT ended AND ${TAKEN_OVER.replaceAll("$.", () => `${schema}.`)}
           AND (hands = $4 OR hands = 'person' AND $4 = 'driver' AND $7::text IS NOT NULL) AND ($5::text[] IS NULL OR needs <@ $5)
           AND ($7::text IS NULL OR run_no = (SELECT run_no FROM ${schema}.runs WHERE run_id = $7))
         ORDER BY run_no LIMIT $6 FOR NO KEY UPDATE ${as.hands === "worker" ? "SKIP LOCKED" : ""}),
       taken AS (UPDATE ${schema}.claims c SET epoch = c.epoch + 1, owner = $1, session = $2, hands = ${ROUSED},
         lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond' FROM gone
         WHERE c.run_no = gone.run_no AND (c.session = $2 OR c.owner = $1 OR c.lease_until <= clock_timestamp())
         RETURNING c.run_no, c.epoch, c.stop)
       SELECT r.run_id, taken.epoch, taken.stop FROM taken JOIN ${schema}.runs r USING (run_no) ORDER BY run_no`,
      [owner, session, leaseMs, as.hands, serves, most, only ?? null, [...this.#epochs.keys()]],
    );
    this.#holdAll(rows);
    return rows.map((row) => row.run_id);
  }

  /** Gives up a run that is held here. Answers whether it was held. */
  async giveUp(runId: string, to: GivenTo): Promise<boolean> {
    const { connections, schema, session } = this.#options;
    const epoch = this.epochOf(runId);
    if (epoch === undefined) return false;
    const [hands, needs] = typeof to === "string" ? [to, null] : ["worker", to.needs];
    // A lease that was over is claimed by nobody else under this epoch, so it may be given up all the same.
    const text = `UPDATE ${schema}.claims c SET lease_until = clock_timestamp(), session = '', owner = '',
        hands = CASE WHEN $5 = 'driver' THEN c.hands ELSE $5 END, needs = coalesce($4, c.needs),
        handed_at = CASE WHEN $4::text[] IS NULL THEN c.handed_at ELSE clock_timestamp() END
      FROM ${schema}.runs r WHERE r.run_no = c.run_no AND r.run_id = $1 AND c.session = $2 AND c.epoch >= $3::bigint AND NOT c.ended
      RETURNING c.run_no`;
    this.drop(runId); // before it is asked: a renewal must not hold what is being given up
    const rows = await connections.persist(text, [runId, session, epoch, needs, hands]);
    return rows.length > 0 || (await this.#wasGivenUp(runId, epoch));
  }

  /** An answer that was lost is asked for again, and then finds its work done. */
  async #wasGivenUp(runId: string, epoch: string): Promise<boolean> {
    const { connections, schema } = this.#options;
    const text = `SELECT 1 FROM ${schema}.claims c JOIN ${schema}.runs r USING (run_no)
      WHERE r.run_id = $1 AND c.epoch = $2::bigint AND c.session = ''`;
    return (await connections.persist(text, [runId, epoch])).length > 0;
  }

  /** Looks whether somebody asks that what is held here be stopped. */
  async lookForWishes(): Promise<void> {
    const { connections, schema, session } = this.#options;
    const rows = await connections.write<ClaimedRow & Record<string, unknown>>(
      `SELECT r.run_id, c.epoch, c.stop FROM ${schema}.claims c JOIN ${schema}.runs r USING (run_no)
       WHERE NOT c.ended AND c.session = $1 AND c.stop IS NOT NULL`,
      [session],
    );
    for (const { run_id: runId, stop } of rows) if (this.#epochs.has(runId)) this.#wishes.hear(runId, stop);
  }

  #renewLater(): void {
    if (this.#closed) return;
    this.#disarm ??= this.#options.clock.after(this.#options.leaseMs / RENEWALS, () => {
      this.#renewing = this.#renewAll();
    });
  }

  async #renewAll(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      if (!isPassing(error)) this.#closed = true; // no lease is renewed any more; each append says why
    }
    this.#disarm = undefined;
    if (this.#epochs.size > 0) this.#renewLater();
  }

  /** Renews what is held. A lease that was over, and that nobody has used, begins anew under a new epoch. */
  async renew(): Promise<void> {
    const { connections, schema, session, leaseMs, onLost } = this.#options;
    const asked = [...this.#epochs];
    if (asked.length === 0) return;
    const rows = await connections.write<ClaimedRow & Record<string, unknown>>(
      `WITH held AS (SELECT c.run_no, a.run_id FROM unnest($3::text[], $4::bigint[]) AS a(run_id, epoch)
         JOIN ${schema}.runs r USING (run_id) JOIN ${schema}.claims c ON c.run_no = r.run_no
         WHERE c.epoch >= a.epoch AND c.session = $1 ORDER BY c.run_no FOR NO KEY UPDATE OF c)
       UPDATE ${schema}.claims c SET lease_until = clock_timestamp() + $2::float8 * interval '1 millisecond',
         epoch = c.epoch + (c.lease_until <= clock_timestamp())::int
       FROM held WHERE c.run_no = held.run_no AND c.session = $1 RETURNING held.run_id, c.epoch, c.stop`,
      [session, leaseMs, asked.map(([runId]) => runId), asked.map(([, epoch]) => epoch)],
    );
    const kept = new Map(rows.map((row) => [row.run_id, row]));
    const lost: string[] = [];
    for (const [runId, epoch] of asked) {
      const now = kept.get(runId);
      if (this.#epochs.get(runId) !== epoch) continue; // claimed anew, given up, or ended, meanwhile
      if (now === undefined) lost.push(runId);
      else this.#holdAll([now]);
    }
    for (const runId of lost) this.drop(runId);
    if (lost.length > 0) onLost(lost);
  }

  /** Gives all leases back, so that others need not wait for their end, and names the runs. */
  async close(): Promise<readonly string[]> {
    this.#closed = true;
    this.#disarm?.();
    await this.#renewing;
    const { connections, schema, session } = this.#options;
    const held = [...this.#epochs.keys()];
    this.#epochs.clear();
    if (held.length === 0) return held;
    const text = `UPDATE ${schema}.claims c SET lease_until = clock_timestamp() FROM ${schema}.runs r
      WHERE r.run_no = c.run_no AND r.run_id = ANY ($2) AND c.session = $1`;
    await connections.write(text, [session, held]).catch(() => undefined); // then they end by themselves
    return held;
  }
}
