import { DBOS } from "@dbos-inc/dbos-sdk";
import { STEPS } from "./rival.ts";
import type { Place, Rival } from "./rival.ts";

/** Connections that it has by default; with more in flight it is given one for each. */
const DEFAULT_CONNECTIONS = 10;

/** DBOS Transact: one workflow of ten steps is one job, with its default durability: what each step came to is a row and a commit of its own. */
export async function dbos({ url, inFlight, onStep }: Place): Promise<Rival> {
  const silent = { info: ignore, debug: ignore, warn: ignore, error: ignore };
  const systemDatabasePoolSize = Math.max(DEFAULT_CONNECTIONS, inFlight);
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: url, systemDatabasePoolSize, logger: silent });
  const step = async (place: number): Promise<{ readonly done: number }> => {
    onStep();
    return await Promise.resolve({ done: place });
  };
  const job = DBOS.registerWorkflow(
    async () => {
      for (let place = 0; place < STEPS; place += 1) await DBOS.runStep(() => step(place), { name: "step" });
    },
    { name: "job" },
  );
  await DBOS.launch();
  return {
    async perform() {
      await job();
    },
    async [Symbol.asyncDispose]() {
      await DBOS.shutdown();
    },
  };
}

function ignore(): void {
  // it tells what it starts and stops
}
