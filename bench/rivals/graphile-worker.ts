import { Logger, run } from "graphile-worker";
import pg from "pg";
import { startPostgres } from "../../test/support/postgres-server.ts";
import { Awaited, STEPS } from "./rival.ts";
import type { Rival } from "./rival.ts";

interface Step {
  readonly id: string;
  readonly step: number;
}

/**
 * graphile-worker on a PostgreSQL that syncs every commit. One step is one job of it. It forgets jobs that are done, so what a step came to is
 * a row of a table, which is written together with the next job.
 */
export async function graphileWorker(inFlight: number): Promise<Rival> {
  const server = await startPostgres({ syncs: "disk" });
  const pool = new pg.Pool({ connectionString: server.url, max: inFlight + 4 });
  pool.on("error", () => undefined); // the server goes before the last connection
  await pool.query("CREATE TABLE steps (job text, step int, output jsonb, PRIMARY KEY (job, step))");
  const awaited = new Awaited();
  const runner = await run({
    pgPool: pool,
    concurrency: inFlight,
    logger: new Logger(() => () => undefined),
    noHandleSignals: true,
    taskList: {
      step: async (payload, { withPgClient }) => {
        const { id, step } = payload as Step; // what `perform` has handed in
        const next = step + 1 < STEPS ? JSON.stringify({ id, step: step + 1 }) : undefined;
        await withPgClient((client) =>
          client.query(
            `WITH record AS (INSERT INTO steps VALUES ($1, $2, $3))
             SELECT ${next === undefined ? "$4::text" : "graphile_worker.add_job('step', $4::json)"}`,
            [id, step, JSON.stringify({ done: step }), next],
          ),
        );
      },
    },
  });
  runner.events.on("job:complete", ({ job: { payload } }) => {
    const { id, step } = payload as Step; // as above
    if (step + 1 === STEPS) awaited.end(id);
  });
  return {
    async perform() {
      const { id, ended } = awaited.begin();
      await runner.addJob("step", { id, step: 0 });
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await runner.stop();
      await pool.end();
      await server[Symbol.asyncDispose]();
    },
  };
}
