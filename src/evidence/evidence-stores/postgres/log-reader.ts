import type { ListedRuns, RunHead, WaitingRun } from "../../evidence-store.ts";
import { BLOB_PIECE_BYTES } from "../../log-backend.ts";
import { PAGE_CHARACTERS, pageOf } from "../../page.ts";
import type { Connections } from "./connections.ts";

/** Behind every id that begins so: no id has it. */
const LAST_KEY = "\u{10FFFF}";

/** The largest sequence number that the tables have room for. */
const MOST_SEQ = 2 ** 31 - 1;

/** So many runs that wait are told of at once. */
const WAITING_RUNS = 1000;

interface HeadRow {
  readonly run_id: string;
  readonly seq: number | null;
  readonly hash: string | null;
  readonly ended: boolean;
}

/** Reads the tables. */
export class LogReader {
  readonly #connections: Connections;
  readonly #schema: string;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#schema = schema;
  }

  /** Lines with `seq > afterSeq`, at most `limit` and as many as make a page. */
  async read(runId: string, afterSeq: number, limit: number): Promise<readonly string[]> {
    const after = Math.min(afterSeq, MOST_SEQ);
    const rows = await this.#connections.read<{ line: string }>(
      `SELECT line FROM (SELECT line, sum(length(line)) OVER (ORDER BY seq) - length(line) AS before FROM ${this.#schema}.records
         WHERE run_no = (SELECT run_no FROM ${this.#schema}.runs WHERE run_id = $1) AND seq > $2 AND seq <= $3 ORDER BY seq) AS l
       WHERE before < ${PAGE_CHARACTERS}`,
      [runId, after, Math.min(after + limit, MOST_SEQ)],
    );
    return pageOf(rows.map(({ line }) => line));
  }

  /** Heads of the runs that `where` chooses among the claims `c` and the runs `r`, in its order. */
  async heads(where: string, values: unknown[]): Promise<readonly RunHead[]> {
    const rows = await this.#connections.read<HeadRow & Record<string, unknown>>(
      `SELECT r.run_id, l.seq, l.hash, c.ended FROM ${this.#schema}.claims c JOIN ${this.#schema}.runs r USING (run_no)
         LEFT JOIN LATERAL (SELECT seq, hash FROM ${this.#schema}.records WHERE run_no = c.run_no ORDER BY seq DESC LIMIT 1) l ON true
       ${where}`,
      values,
    );
    return rows.map((row) => ({
      runId: row.run_id,
      size: (row.seq ?? -1) + 1,
      hash: row.hash ?? "",
      completed: row.ended,
    }));
  }

  /** Newest first. */
  async runs({ limit, before, begins = "" }: ListedRuns): Promise<readonly RunHead[]> {
    const conditions = ["r.run_id !~ '^~'"];
    const values: (string | number)[] = [limit];
    if (before !== undefined) {
      values.push(before);
      conditions.push(`c.run_no < (SELECT run_no FROM ${this.#schema}.runs WHERE run_id = $${values.length})`);
    }
    if (begins !== "") {
      values.push(begins, `${begins}${LAST_KEY}`); // a range of the index, for ids are compared by their bytes
      conditions.push(`r.run_id >= $${values.length - 1} AND r.run_id < $${values.length}`);
    }
    return await this.heads(`WHERE ${conditions.join(" AND ")} ORDER BY c.run_no DESC LIMIT $1`, values);
  }

  /** What was handed over to workers and is held by none of them, the oldest first. */
  async waiting(): Promise<readonly WaitingRun[]> {
    const rows = await this.#connections.read<{ run_id: string; needs: string[]; waited_ms: number }>(
      `SELECT r.run_id, c.needs, extract(epoch FROM clock_timestamp() - c.handed_at)::float8 * 1000 AS waited_ms
       FROM ${this.#schema}.claims c JOIN ${this.#schema}.runs r USING (run_no)
       WHERE NOT c.ended AND c.hands = 'worker' AND c.lease_until <= clock_timestamp() ORDER BY c.run_no LIMIT ${WAITING_RUNS}`,
      [],
    );
    return rows.map((row) => ({ runId: row.run_id, needs: row.needs, waitedMs: row.waited_ms }));
  }

  async blob(digest: string): Promise<Uint8Array | undefined> {
    const text = `SELECT bytes FROM ${this.#schema}.blobs WHERE digest = $1`;
    return (await this.#connections.read<{ bytes: Buffer }>(text, [digest]))[0]?.bytes;
  }

  /** At most {@link BLOB_PIECE_BYTES} of it from `start` on. */
  async blobPiece(digest: string, start: number): Promise<Uint8Array | undefined> {
    const piece = `substring(bytes FROM $2::int FOR ${BLOB_PIECE_BYTES})`;
    const text = `SELECT ${piece} AS bytes FROM ${this.#schema}.blobs WHERE digest = $1`;
    return (await this.#connections.read<{ bytes: Buffer }>(text, [digest, start + 1]))[0]?.bytes;
  }
}
