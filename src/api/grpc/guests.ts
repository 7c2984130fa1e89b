import type { Socket } from "node:net";
import type { Clock } from "#model";
import { LIMITS } from "#model";

/** How long the answer to the last refused call has to arrive before the connection is closed, milliseconds. */
const LAST_ANSWER_MS = 100;

/** What becomes known of whoever holds a connection. */
export interface Guest {
  /** A call of his was let in. */
  prove(): void;
  /** A call of his was refused, because nobody knows who makes it. */
  refuse(): void;
}

/** What guests are watched with. */
export interface GuestOptions {
  readonly clock: Clock;
  /** Default `LIMITS.unprovenSeconds`. */
  readonly unprovenMs?: number;
}

/** Under this key a connection carries its guest: the library tells of a call's connection, and nothing of who opened it. */
const GUEST = Symbol("guest");

/**
 * Connections on which no call has been let in yet. Each is closed after a while, and sooner where there is no place for
 * another one: so strangers cannot hold all connections of a server.
 */
export class Guests {
  readonly #options: GuestOptions;
  /** The oldest first. */
  readonly #unproven = new Map<Socket, () => void>();

  constructor(options: GuestOptions) {
    this.#options = options;
  }

  /** Takes in a new connection. */
  add(socket: Socket): void {
    const { clock, unprovenMs = LIMITS.unprovenSeconds * 1000 } = this.#options;
    const stopTimer = clock.after(unprovenMs, () => socket.destroy());
    this.#unproven.set(socket, stopTimer);
    const prove = (): void => {
      stopTimer();
      this.#unproven.delete(socket);
    };
    let refused = 0;
    const guest: Guest = {
      prove() {
        refused = 0;
        prove();
      },
      refuse() {
        refused += 1;
        if (refused === LIMITS.refusedCalls) clock.after(LAST_ANSWER_MS, () => socket.destroy());
      },
    };
    Object.assign(socket, { [GUEST]: guest });
    socket.once("close", prove);
  }

  /** Closes the oldest connection on which nothing was let in. Whether there was one. */
  makePlace(): boolean {
    const [oldest] = this.#unproven.keys();
    oldest?.destroy();
    return oldest !== undefined;
  }
}

/** Has the socket of a handshake that is over carry the guest of the connection under it. Whether there was one. */
export function carryGuest(from: Socket, to: Socket): boolean {
  const guest = guestOf({ socket: from });
  Object.assign(to, { [GUEST]: guest });
  return guest !== undefined;
}

/** The guest who holds the connection of a session or a request; undefined for one that was closed. */
export function guestOf(holder: { readonly socket?: Socket } | undefined): Guest | undefined {
  const socket = holder?.socket as { readonly [GUEST]?: Guest } | undefined; // the socket that was added, or its proxy
  return socket?.[GUEST];
}
