import type pg from "pg";

/** A connection, as far as it is needed here. */
type Connection = Pick<pg.ClientBase, "query" | "on">;

/** What this module needs of a message of PostgreSQL: the function of the server that has sent it, which no locale translates. */
interface Notice {
  readonly routine?: string | undefined;
}

/**
 * Where a wait for a synchronous standby warns that it was broken off: the commit is then answered, and visible on this server, although the
 * standby may not have it.
 */
const WAITS_FOR_STANDBY = "SyncRepWaitForLSN";

/** For each new connection: commits wait for what the server promises, and warnings are told. */
const GREETING = `SELECT pg_is_in_recovery() AS standby, pg_postmaster_start_time()::text AS start,
  set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
  set_config('client_min_messages', 'warning', false)`;

/**
 * A commit that changes nothing and that waits, as every other, for the synchronous standbys: they then have all that was committed before.
 * One at a time, because whoever waits for a standby does not see that its client has gone: the others give up the lock.
 */
const CONFIRMATION = "SELECT pg_advisory_xact_lock(7226, 1), pg_logical_emit_message(true, 'verbatim', ''::text)";

/** So often it is asked for, where something casts doubt on the answer. */
const CONFIRMATIONS = 3;

/** The server cannot be asked for now; the same may succeed a moment later. */
class NotNow extends Error {
  override readonly name = "NotNow";
  /** As PostgreSQL says that a standby takes no writes. */
  readonly code = "25006";
}

/**
 * Whether what a server shows is what its synchronous standbys have as well. A server that was killed shows after its restart what it had
 * on its own disk, also commits that nobody was told of because no standby had confirmed them; if a standby was promoted in the
 * meantime, they exist nowhere else. So nothing is read from a server before one commit of this process was confirmed on it.
 */
export class ConfirmedServer {
  /** The start of the server that was confirmed; a new object for each confirmation. */
  #confirmed: { readonly start: string } | undefined;
  /** Under which confirmation a connection was greeted. */
  readonly #greeted = new WeakMap<Connection, object>();
  readonly #broken = new WeakSet<Connection>();
  #doubts = 0;

  /** Listens to a new connection. */
  watch(on: Connection): void {
    on.on("error", () => this.#doubt()); // it has ended without being asked to: perhaps all have
    on.on("notice", ({ routine }: Notice) => {
      if (routine !== WAITS_FOR_STANDBY) return;
      this.#broken.add(on);
      this.#doubt();
    });
  }

  #doubt(): void {
    this.#doubts += 1;
    this.#confirmed = undefined;
  }

  /** Resolves when what this connection shows is confirmed: at once, as a rule. @throws what the server says, or what is in the way. */
  async confirm(on: Connection): Promise<void> {
    if (this.#confirmed !== undefined && this.#greeted.get(on) === this.#confirmed) return;
    const { rows } = await on.query<{ standby: boolean; start: string }>(GREETING);
    const { standby = true, start = "" } = rows[0] ?? {};
    if (standby) throw new NotNow("the server is a standby, and takes no records before it is promoted");
    if (this.#confirmed?.start !== start) this.#confirmed = await this.#confirmation(on, start);
    this.#greeted.set(on, this.#confirmed);
  }

  /** A doubt that comes up meanwhile is met by another confirmation. */
  async #confirmation(on: Connection, start: string): Promise<{ readonly start: string }> {
    for (let tries = 0; tries < CONFIRMATIONS; tries += 1) {
      const doubts = this.#doubts;
      await on.query(CONFIRMATION);
      if (this.#doubts === doubts) return { start };
    }
    throw new NotNow("the server's standbys have not confirmed what it has");
  }

  /** After a commit: that it was confirmed. @throws {Error} if the wait for a standby was broken off; the statement is to be asked for again. */
  requireConfirmed(on: Connection): void {
    if (this.#broken.delete(on)) throw new NotNow("the wait for the server's standby was broken off by hand");
  }
}
