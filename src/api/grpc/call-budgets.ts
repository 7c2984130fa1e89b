import type { Clock } from "#model";
import { Fault, LIMITS } from "#model";
import { Budget } from "./budget.ts";
import type { Share } from "./budget.ts";

/** Largest request on its way with what the transport adds, in bytes. */
const REQUEST_BYTES = LIMITS.requestBytes + 64 * 1024;

/** What one page of a log costs while its reader takes it: its lines, the records made of them, the message, and the message sent. */
export const PAGE_BYTES = 4 * 64 * 1024;

/** Bounds that a test or a measure may set. */
export interface CallLimits {
  /** Calls at a time. Default `LIMITS.calls`. */
  readonly calls?: number;
  /** Bytes of all answers that wait for their clients. Default `LIMITS.unreadAnswersBytes`. */
  readonly unreadAnswersBytes?: number;
  /** Default `LIMITS.unreadSeconds`. */
  readonly unreadSeconds?: number;
}

/** What one call holds of the memory that all calls share. Whoever holds `wholeLog` waits for none of the others. */
export interface CallShares {
  /** Bytes of the request, until it is whole. */
  readonly request: Share;
  /** Bytes of the page that a stream tells, from before it is read until the transport has taken it. */
  readonly page: Share;
  /** Bytes of the one answer of a call, from before it is made until its end. */
  readonly answer: Share;
  /** 1 while the call reads a log, or a payload, from end to end. */
  readonly wholeLog: Share;
}

/** A call that has been let in. */
export interface OpenCall {
  readonly shares: CallShares;
  /** The call is over and holds nothing. Safe to call twice. */
  readonly close: () => void;
}

/**
 * What all calls of one server share, whatever they come in by: how many there are, the bytes of their requests and answers,
 * and how many read a whole log. It is for clients alone: a running job asks nobody for room.
 */
export class CallBudgets {
  readonly #calls: number;
  readonly #requests: Budget;
  readonly #pages: Budget;
  readonly #answers: Budget;
  readonly #wholeLogs: Budget;
  #open = 0;

  constructor(clock: Clock, limits: CallLimits = {}) {
    const { calls = LIMITS.calls, unreadAnswersBytes = LIMITS.unreadAnswersBytes } = limits;
    const patienceMs = (limits.unreadSeconds ?? LIMITS.unreadSeconds) * 1000;
    this.#calls = calls;
    this.#requests = new Budget({ amount: LIMITS.requestsAtATime * REQUEST_BYTES, clock, patienceMs });
    this.#pages = new Budget({ amount: unreadAnswersBytes / 2, clock, patienceMs });
    this.#answers = new Budget({ amount: unreadAnswersBytes / 2, clock, patienceMs });
    this.#wholeLogs = new Budget({ amount: LIMITS.wholeLogReads, clock, patienceMs: Infinity });
  }

  /** Calls that are under way. */
  get calls(): number {
    return this.#open;
  }

  /**
   * Lets a call in. `cut` ends it at once: its client has left others waiting for too long. `owner`: who makes it, as a key.
   * @throws {Fault} LIMIT_EXCEEDED if there are too many.
   */
  open(cut: () => void, owner = ""): OpenCall {
    if (this.#open >= this.#calls) {
      const text = `${this.#calls} calls are under way, which is the limit; end some, or try again when some have ended.`;
      throw new Fault("LIMIT_EXCEEDED", text);
    }
    this.#open += 1;
    const shares = {
      request: this.#requests.share(cut, owner),
      page: this.#pages.share(cut, owner),
      answer: this.#answers.share(cut, owner),
      wholeLog: this.#wholeLogs.share(cut, owner),
    };
    let closed = false;
    const close = (): void => {
      if (closed) return;
      closed = true;
      this.#open -= 1;
      for (const share of Object.values(shares)) share.close();
    };
    return { shares, close };
  }
}

/**
 * So much of a request needs no room of its own: as many as there can be calls are not many bytes. Who keeps such a request back holds up
 * nobody; most requests are no longer.
 */
export const SMALL_BEGINNING_BYTES = 16 * 1024;

/** Whether a request over HTTP/1.1 may be longer than what needs no room. */
export function mayBeLarge({ "content-length": length }: { readonly "content-length"?: string | undefined }): boolean {
  return !(Number(length) <= SMALL_BEGINNING_BYTES);
}

/** Waits for the room that a request takes on its way. Undefined = it may come. */
export function requestMayCome({ request }: CallShares): Promise<void> | undefined {
  const line = request.take(REQUEST_BYTES);
  if (line === undefined) request.waitForClient();
  return line?.then(() => request.waitForClient());
}

/** Waits for the room of one page, or of one piece of a payload. Undefined = it may be read. */
export function pageMayBeRead({ page }: CallShares): Promise<void> | undefined {
  return page.take(PAGE_BYTES);
}

/** The page that was read has so many characters. */
export function pageWasRead({ page }: CallShares, characters: number): void {
  page.resize(2048 + 4 * characters);
}

/** Waits for the room of the largest answer, and then for the turn to read a whole log for it. */
export async function wholeLogMayBeRead({ answer, wholeLog }: CallShares): Promise<void> {
  await answer.take(LIMITS.responseBytes);
  await wholeLog.take(1);
}

/** An answer that needs no room: as many as there can be calls are not many bytes. */
const SMALL_ANSWER_BYTES = 16 * 1024;

/** An answer of so many bytes was made: waits for its room, if it holds none, and gives back what was needed to make it. */
export async function answerMayBeSent({ answer, wholeLog }: CallShares, bytes: number): Promise<void> {
  wholeLog.give();
  if (answer.held > 0) answer.resize(bytes);
  else if (bytes > SMALL_ANSWER_BYTES) await answer.take(bytes);
  answer.waitForClient();
}
