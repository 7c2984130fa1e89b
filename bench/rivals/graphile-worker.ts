import { Logger, run } from "graphile-worker";
import type { Runner, Task } from "graphile-worker";
import pg from "pg";
import { Awaited, STEPS } from "./rival.ts";
import type { Place, Rival } from "./rival.ts";
import { addStepRow, makeStepTable } from "./step-rows.ts";

interface Step {
  readonly id: string;
  readonly step: number;
}

/** Beside those that perform: it listens, and takes jobs in. */
const MORE_CONNECTIONS = 4;

/**
 * graphile-worker, where one step is one job of it. It forgets jobs that are done, so what a step came to is a row of a table, which is
 * written together with the next job.
 */
export async function graphileWorker({ url, inFlight, onStep }: Place): Promise<Rival> {
  const pool = connections(url, inFlight);
  const table = await makeStepTable(pool, "graphile_chain_steps");
  const step: Task = async (payload, { withPgClient }) => {
    onStep();
    const { id, step: place } = payload as Step; // what `perform` has handed in
    const next = place + 1 < STEPS ? JSON.stringify({ id, step: place + 1 }) : undefined;
    await withPgClient((client) =>
      client.query(
        `WITH record AS (INSERT INTO ${table} VALUES ($1, $2, $3))
         SELECT ${next === undefined ? "$4::text" : "graphile_worker.add_job('step', $4::json)"}`,
        [id, place, JSON.stringify({ done: place }), next],
      ),
    );
  };
  const runner = await running(pool, inFlight, { step });
  return rival({ pool, runner, task: "step", isLast: ({ step: place }) => place + 1 === STEPS });
}

/** graphile-worker, where one job of it has ten steps, whose task adds a row to a table of its own for each. */
export async function graphileWorkerWithRows({ url, inFlight, onStep }: Place): Promise<Rival> {
  const pool = connections(url, inFlight);
  const table = await makeStepTable(pool, "graphile_steps");
  const whole: Task = async (payload, { withPgClient }) => {
    const { id } = payload as Step; // as above
    for (let step = 0; step < STEPS; step += 1) {
      onStep();
      await withPgClient((client) => addStepRow(client, table, { job: id, step }));
    }
  };
  const runner = await running(pool, inFlight, { whole });
  return rival({ pool, runner, task: "whole", isLast: () => true });
}

function connections(url: string, inFlight: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: inFlight + MORE_CONNECTIONS });
  pool.on("error", () => undefined); // the server goes before the last connection
  return pool;
}

function running(pgPool: pg.Pool, concurrency: number, taskList: Record<string, Task>): Promise<Runner> {
  return run({
    pgPool,
    concurrency,
    logger: new Logger(() => () => undefined),
    noHandleSignals: true,
    taskList,
  });
}

function rival(parts: {
  readonly pool: pg.Pool;
  readonly runner: Runner;
  readonly task: string;
  readonly isLast: (step: Step) => boolean;
}): Rival {
  const { pool, runner, task, isLast } = parts;
  const awaited = new Awaited();
  runner.events.on("job:complete", ({ job: { payload } }) => {
    const step = payload as Step; // as above
    if (isLast(step)) awaited.end(step.id);
  });
  return {
    async perform() {
      const { id, ended } = awaited.begin();
      await runner.addJob(task, { id, step: 0 });
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await runner.stop();
      await pool.end();
    },
  };
}
