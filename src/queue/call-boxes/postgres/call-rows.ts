import type { Json } from "#model";
import { Fault, FAULTS } from "#model";
import type { FaultCode, Violation } from "#model";
import type { CallAnswer, RunCall } from "../../call-box.ts";
import { CALL_LIMITS } from "../../limits.ts";
import type { CallConnections } from "./connection.ts";

/** A call as its asker sees it. */
export interface LookedAt {
  readonly taken: boolean;
  /** Milliseconds since its taker gave a sign of life. */
  readonly silentMs: number;
  readonly answer: CallAnswer | undefined;
}

/** The rows of the table of calls: one statement a method, each a transaction of its own. */
export class CallRows {
  readonly #on: CallConnections;
  readonly #channel: string;
  /** Names this process. */
  readonly #taker: string;

  constructor(on: CallConnections, { channel, taker }: { readonly channel: string; readonly taker: string }) {
    this.#on = on;
    this.#channel = channel;
    this.#taker = taker;
  }

  /** Puts a call down and tells of it; false = there is no room. */
  async put(id: string, { runId, verb, given }: RunCall): Promise<boolean> {
    const text = `WITH put AS (INSERT INTO $.calls_1 (call_id, run_id, verb, given)
        SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM $.calls_1) < ${CALL_LIMITS.calls} RETURNING call_id)
      SELECT pg_notify($5, $6) FROM put`;
    const news = `call\n${id}\n${runId}`;
    const rows = await this.#on.query(text, [id, runId, verb, JSON.stringify(given), this.#channel, news]);
    return rows.length > 0;
  }

  /** What is known of a call; undefined = it is not there. */
  async look(id: string): Promise<LookedAt | undefined> {
    const text = `SELECT taken_by IS NOT NULL AS taken, answer,
        coalesce(extract(epoch FROM clock_timestamp() - heard_at) * 1000, 0)::float8 AS silent_ms
      FROM $.calls_1 WHERE call_id = $1`;
    const [row] = await this.#on.query<{ taken: boolean; answer: string | null; silent_ms: number }>(text, [id]);
    if (row === undefined) return undefined;
    const answer = row.answer === null ? undefined : readAnswer(row.answer);
    return { taken: row.taken, silentMs: row.silent_ms, answer };
  }

  /** Takes a call back; false = it was taken before, or is gone. */
  async withdraw(id: string): Promise<boolean> {
    const text = "DELETE FROM $.calls_1 WHERE call_id = $1 AND taken_by IS NULL RETURNING call_id";
    return (await this.#on.query(text, [id])).length > 0;
  }

  async forget(id: string): Promise<void> {
    await this.#on.query("DELETE FROM $.calls_1 WHERE call_id = $1", [id]);
  }

  /** Calls that nobody has taken, the oldest first. */
  async open(): Promise<readonly { readonly id: string; readonly runId: string }[]> {
    const text = `SELECT call_id AS id, run_id AS "runId" FROM $.calls_1
      WHERE taken_by IS NULL AND asked_at > clock_timestamp() - ${CALL_LIMITS.takenWithinMs} * interval '1 millisecond' ORDER BY asked_at`;
    return await this.#on.query(text, []);
  }

  /** The call, if it is this process that is to carry it out now. */
  async take(id: string): Promise<RunCall | undefined> {
    const text = `UPDATE $.calls_1 SET taken_by = $2, heard_at = clock_timestamp() WHERE call_id = $1 AND taken_by IS NULL
        AND asked_at > clock_timestamp() - ${CALL_LIMITS.takenWithinMs} * interval '1 millisecond'
      RETURNING run_id, verb, given`;
    const [row] = await this.#on.query<{ run_id: string; verb: string; given: string }>(text, [id, this.#taker]);
    return row && { runId: row.run_id, verb: row.verb, given: JSON.parse(row.given) as Json }; // written by `put`
  }

  /** A sign of life for the calls that are being carried out here. */
  async live(ids: readonly string[]): Promise<void> {
    const text = "UPDATE $.calls_1 SET heard_at = clock_timestamp() WHERE call_id = ANY ($1) AND taken_by = $2";
    await this.#on.query(text, [ids, this.#taker]);
  }

  async answer(id: string, answer: CallAnswer): Promise<void> {
    const text = `WITH told AS (UPDATE $.calls_1 SET answer = $3 WHERE call_id = $1 AND taken_by = $2 RETURNING call_id)
      SELECT pg_notify($4, $5) FROM told`;
    await this.#on.query(text, [id, this.#taker, answerText(answer), this.#channel, `answer\n${id}`]);
  }

  /** Deletes what nobody waits for any more. */
  async sweep(): Promise<void> {
    const text = `DELETE FROM $.calls_1 WHERE asked_at < clock_timestamp() - ${CALL_LIMITS.keptMs} * interval '1 millisecond'`;
    await this.#on.query(text, []);
  }
}

/** Problems that are told of one fault. */
const VIOLATIONS = 100;

interface WrittenFault {
  readonly code: FaultCode;
  readonly message: string;
  readonly violations: readonly Violation[];
  readonly retryAfterMs?: number;
}

function answerText(answer: CallAnswer): string {
  if (answer.kind !== "fault") return JSON.stringify(answer);
  const { code, message, violations, retryAfterMs } = answer.fault;
  const fault: WrittenFault = {
    code,
    message,
    violations: violations.slice(0, VIOLATIONS),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  return JSON.stringify({ kind: "fault", fault });
}

function readAnswer(text: string): CallAnswer {
  const read = JSON.parse(text) as Exclude<CallAnswer, { kind: "fault" }> | { kind: "fault"; fault: WrittenFault }; // written by `answerText`
  if (read.kind !== "fault") return read;
  const { code, message, violations, retryAfterMs } = read.fault;
  const known = Object.hasOwn(FAULTS, code) ? code : "INTERNAL"; // by a newer version than this one
  const options = { violations, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return { kind: "fault", fault: new Fault(known, message, options) };
}
