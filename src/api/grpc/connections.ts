import type { Socket } from "node:net";
import { LIMITS } from "#model";
import { Guests } from "./guests.ts";
import type { GuestOptions } from "./guests.ts";

/** What bounds the connections of an address. */
export interface ConnectionsOptions extends GuestOptions {
  /**
   * Most connections at a time; default `LIMITS.connections`. For one more, the oldest is closed on which no call was let in;
   * where there is none, the new one.
   */
  readonly connections?: number;
}

/** The connections of one address. */
export class Connections {
  readonly #most: number;
  readonly #guests: Guests;
  readonly #open = new Set<Socket>();

  constructor(options: ConnectionsOptions) {
    this.#most = options.connections ?? LIMITS.connections;
    this.#guests = new Guests(options);
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes in a new connection, or closes it. Whether it was taken. */
  take(socket: Socket): boolean {
    if (this.#open.size >= this.#most && !this.#guests.makePlace()) {
      socket.destroy();
      return false;
    }
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    this.#guests.add(socket);
    return true;
  }

  /** Ends every connection now. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
