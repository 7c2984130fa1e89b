import type { Clock } from "#model";
import { assert, Fault } from "#model";
import type { CallAnswer, CallBox, CallService, RunCall } from "../call-box.ts";
import { CALL_LIMITS, QUEUE_DEFAULTS } from "../limits.ts";
import { unavailable } from "../unavailable.ts";
import { CallRows } from "./postgres/call-rows.ts";
import { CallConnections } from "./postgres/connection.ts";
import { CallsTaken } from "./postgres/calls-taken.ts";

/** What a box in PostgreSQL is given. */
export interface PostgresCallBoxOptions {
  /** `postgres://`, with user, password and database. */
  readonly url: string;
  /** Name of the schema with the table, which is made if it is not there: lower-case letters, digits and `_`, up to 60. */
  readonly schema: string;
  readonly clock: Clock;
  /** Makes a UUID that nobody else has. */
  readonly newToken: () => string;
  /** A server that is silent for so long is unavailable, in milliseconds. Default 5000. */
  readonly unavailableAfterMs?: number;
  /** Without a sign of life for so long a call is given up, in milliseconds. Default `CALL_LIMITS.silentMs`. */
  readonly silentMs?: number;
  /** So often it is looked for what notifications have not told of, in milliseconds. Default 2000. */
  readonly pollMs?: number;
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,59}$/;
const POLL_MS = 2000;
/** An answer that is waited for is looked for so often. */
const LOOK_MS = 500;

/** Calls in a table of PostgreSQL, told of by NOTIFY. */
export class PostgresCallBox implements CallBox {
  readonly #options: PostgresCallBoxOptions;
  readonly #connections: CallConnections;
  readonly #rows: CallRows;
  readonly #waiting = new Map<string, () => void>();
  #taken: CallsTaken | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresCallBoxOptions) {
    const { url, schema, clock, newToken, unavailableAfterMs = QUEUE_DEFAULTS.unavailableAfterMs } = options;
    assert(SCHEMA.test(schema), "the name of a schema has lower-case letters, digits and _, up to 60");
    this.#options = options;
    const place = { url, schema, clock, unavailableAfterMs };
    this.#connections = new CallConnections(place, (payload) => this.#hear(payload));
    this.#rows = new CallRows(this.#connections, { channel: schema, taker: newToken() });
  }

  async ask(call: RunCall, { untakenMs }: { readonly untakenMs: number }): Promise<CallAnswer> {
    assert(CALL_LIMITS.verb.test(call.verb), "a verb has 1..32 of a-z and _");
    if (JSON.stringify(call.given).length > CALL_LIMITS.givenBytes)
      throw new Fault("LIMIT_EXCEEDED", `What is asked of run ${call.runId} is too long to be handed on.`);
    const id = this.#options.newToken();
    if (!(await this.#put(id, call)))
      throw new Fault("LIMIT_EXCEEDED", `${CALL_LIMITS.calls} calls to other servers wait already; try again later.`);
    try {
      return await this.#answer(id, call, untakenMs);
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #put(id: string, call: RunCall): Promise<boolean> {
    if (this.#closing !== undefined) throw closing();
    try {
      return await this.#rows.put(id, call);
    } catch (error) {
      // It may be there: who takes it too late is refused, and who takes it now has been asked.
      if (await this.#rows.withdraw(id).catch(() => false)) throw unavailable("PostgreSQL", error);
      throw silent(call, "the database did not say whether it was handed on");
    }
  }

  /** Looks until there is an answer, or none is to be hoped for. */
  async #answer(id: string, call: RunCall, untakenMs: number): Promise<CallAnswer> {
    const { clock, silentMs = CALL_LIMITS.silentMs } = this.#options;
    const begunMs = clock.monotonicMs();
    for (let seenMs = begunMs; ;) {
      const news = this.#news(id, Math.min(LOOK_MS, untakenMs));
      const nowMs = clock.monotonicMs();
      try {
        const found = await this.#rows.look(id);
        if (found === undefined) throw silent(call, "the call is gone");
        if (found.answer !== undefined) {
          await this.#rows.forget(id).catch(() => undefined); // then it is swept
          return found.answer;
        }
        if (found.taken && found.silentMs > silentMs) throw silent(call, `it was silent for ${silentMs / 1000} s`);
        const late = nowMs - begunMs > untakenMs;
        if (!found.taken && late && (await this.#rows.withdraw(id))) return { kind: "untaken" };
        seenMs = nowMs;
      } catch (error) {
        if (error instanceof Fault) throw error;
        if (nowMs - seenMs > silentMs) throw silent(call, "the database does not answer", error);
      }
      if (nowMs - begunMs > CALL_LIMITS.answeredWithinMs) throw silent(call, "it took too long");
      await news;
      if (this.#closing !== undefined) throw silent(call, "this server stops");
    }
  }

  /** Resolves when there may be something to see. */
  async #news(id: string, mostMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, resolve);
    const disarm = this.#options.clock.after(mostMs, resolve);
    await promise;
    disarm();
  }

  #hear(payload: string): void {
    const [kind, id = "", runId = ""] = payload.split("\n");
    if (kind === "answer") this.#waiting.get(id)?.();
    if (kind === "call") this.#taken?.consider({ id, runId });
  }

  serve(service: CallService): void {
    assert(this.#taken === undefined, "calls are served once");
    const { clock, pollMs = POLL_MS } = this.#options;
    this.#taken = new CallsTaken({ rows: this.#rows, service, clock, pollMs });
    this.#taken.start();
  }

  async close(): Promise<void> {
    await (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#taken?.close();
    for (const wake of this.#waiting.values()) wake();
    await this.#connections.close();
  }
}

function silent({ runId, verb }: RunCall, why: string, cause?: unknown): Fault {
  const text = `Another server holds run ${runId}, was asked (${verb}) and has not answered: ${why}. Whether it has done it is not known: look at the run, and ask again if it has not.`;
  return new Fault("HOLDER_SILENT", text, { cause });
}

function closing(): Fault {
  return new Fault("DRAINING", "The server is stopping and asks no other one any more; try another one, or later.");
}
