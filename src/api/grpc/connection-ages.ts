import type { Socket } from "node:net";
import type { Clock } from "#model";

/** How long calls may come by one connection, as over gRPC: a credential that was proven by its handshake is proven anew now and then. */
const LONGEST_MS = 30 * 60_000;

/** How old connections are. */
export class ConnectionAges {
  readonly #clock: Clock;
  readonly #since = new WeakMap<Socket, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether no more is to come by a connection; the first time that it is asked for counts as its beginning. */
  isOld(connection: Socket): boolean {
    const now = this.#clock.monotonicMs();
    const since = this.#since.get(connection);
    if (since === undefined) this.#since.set(connection, now);
    return since !== undefined && now - since > LONGEST_MS;
  }
}
