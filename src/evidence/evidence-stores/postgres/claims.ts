import type { Clock } from "#model";
import { isPassing } from "./connections.ts";
import type { Connections } from "./connections.ts";

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
}

/** Renewals within one lease. */
const RENEWALS = 3;
/** Runs that are taken over at once. */
const TAKEN_OVER_AT_ONCE = 1000;

/**
 * The runs that this store may write to, each with the epoch under which it has claimed it. Epochs are told apart as texts: they are
 * 64 bits wide.
 *
 * Leases are renewed by the event loop that drives the runs: if it stands still, so do they.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #epochs = new Map<string, string>();
  #disarm: (() => void) | undefined;
  #renewing: Promise<void> | undefined;
  #closed = false;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** The epoch under which this store holds the run. */
  epochOf(runId: string): string | undefined {
    return this.#epochs.get(runId);
  }

  hold(runId: string, epoch: string): void {
    this.#epochs.set(runId, epoch);
    this.#renewLater();
  }

  drop(runId: string): void {
    this.#epochs.delete(runId);
  }

  /** Claims runs that nobody else holds, each under a new epoch, in one statement. What is not held afterwards is somebody else's. */
  async claim(runIds: readonly string[]): Promise<void> {
    const { connections, schema, owner, session, leaseMs } = this.#options;
    const rows = await connections.persist<{ run_id: string; epoch: string }>(
      `WITH asked AS (SELECT c.run_no, r.run_id FROM ${schema}.claims c JOIN ${schema}.runs r USING (run_no)
         WHERE r.run_id = ANY ($4) ORDER BY c.run_no FOR NO KEY UPDATE OF c)
       UPDATE ${schema}.claims c SET epoch = c.epoch + 1, owner = $1, session = $2,
         lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond' FROM asked
       WHERE c.run_no = asked.run_no AND (c.session = $2 OR c.owner = $1 OR c.lease_until <= clock_timestamp())
       RETURNING asked.run_id, c.epoch`,
      [owner, session, leaseMs, runIds],
    );
    for (const runId of runIds) this.drop(runId);
    for (const { run_id: runId, epoch } of rows) this.hold(runId, epoch);
  }

  /** Claims the open runs whose owner is gone: its lease is over, or it was an earlier process over the same directory. Oldest first. */
  async takeOver(): Promise<readonly string[]> {
    const { connections, schema, owner, session, leaseMs } = this.#options;
    const rows = await connections.persist<{ run_id: string; epoch: string }>(
      `WITH gone AS (SELECT run_no FROM ${schema}.claims
         WHERE NOT ended AND session <> $2 AND (owner = $1 OR lease_until <= clock_timestamp())
         ORDER BY run_no LIMIT ${TAKEN_OVER_AT_ONCE} FOR NO KEY UPDATE),
       taken AS (UPDATE ${schema}.claims c SET epoch = c.epoch + 1, owner = $1, session = $2,
         lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond' FROM gone
         WHERE c.run_no = gone.run_no AND c.session <> $2 AND (c.owner = $1 OR c.lease_until <= clock_timestamp())
         RETURNING c.run_no, c.epoch)
       SELECT r.run_id, taken.epoch FROM taken JOIN ${schema}.runs r USING (run_no) ORDER BY run_no`,
      [owner, session, leaseMs],
    );
    for (const { run_id: runId, epoch } of rows) this.hold(runId, epoch);
    return rows.map((row) => row.run_id);
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
    const rows = await connections.write<{ run_id: string; epoch: string }>(
      `WITH held AS (SELECT c.run_no, a.run_id FROM unnest($3::text[], $4::bigint[]) AS a(run_id, epoch)
         JOIN ${schema}.runs r USING (run_id) JOIN ${schema}.claims c ON c.run_no = r.run_no
         WHERE c.epoch >= a.epoch AND c.session = $1 ORDER BY c.run_no FOR NO KEY UPDATE OF c)
       UPDATE ${schema}.claims c SET lease_until = clock_timestamp() + $2::float8 * interval '1 millisecond',
         epoch = c.epoch + (c.lease_until <= clock_timestamp())::int
       FROM held WHERE c.run_no = held.run_no AND c.session = $1 RETURNING held.run_id, c.epoch`,
      [session, leaseMs, asked.map(([runId]) => runId), asked.map(([, epoch]) => epoch)],
    );
    const kept = new Map(rows.map((row) => [row.run_id, row.epoch]));
    const lost: string[] = [];
    for (const [runId, epoch] of asked) {
      const now = kept.get(runId);
      if (this.#epochs.get(runId) !== epoch) continue; // claimed anew, or ended, meanwhile
      if (now === undefined) lost.push(runId);
      else this.#epochs.set(runId, now);
    }
    for (const runId of lost) this.drop(runId);
    if (lost.length > 0) onLost(lost);
  }

  /** Gives all leases back, so that others need not wait for their end. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#disarm?.();
    await this.#renewing;
    const { connections, schema, session } = this.#options;
    const held = [...this.#epochs.keys()];
    this.#epochs.clear();
    if (held.length === 0) return;
    const text = `UPDATE ${schema}.claims c SET lease_until = clock_timestamp() FROM ${schema}.runs r
      WHERE r.run_no = c.run_no AND r.run_id = ANY ($2) AND c.session = $1`;
    await connections.write(text, [session, held]).catch(() => undefined); // then they end by themselves
  }
}
