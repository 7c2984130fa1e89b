import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectClient } from "#api";
import type { VerbatimClient } from "#api";
import type { StepType } from "#effects";
import type { Json } from "#model";
import { compose } from "../../../src/main/compose.ts";
import { loadConfiguration } from "../../../src/main/load-configuration.ts";

/** A whole server in this process, with a client; stopped when disposed. */
export interface RunningApp extends AsyncDisposable {
  readonly client: VerbatimClient;
  /** Everything that it has logged, in order. */
  readonly log: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
  stop(): Promise<void>;
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "no text";
}

/** A step that ends well, and one that fails with what it is told. */
export const SCRIPTED: readonly StepType[] = [
  {
    name: "test.ok",
    handler: { execute: () => ({ success: true, output: null }) },
    checkParameters: () => [],
    parametersSchema: { type: "object" },
  },
  {
    name: "test.fail",
    handler: {
      execute: ({ parameters }) => ({
        success: false,
        output: null,
        error: textOf(parameters["error"]),
        errorClass: "permanent",
      }),
    },
    checkParameters: () => [],
    parametersSchema: { type: "object" },
  },
];

/** Starts the server of a configuration whose state directory lies in `directory`. */
export async function startApp(directory: string, configuration: object): Promise<RunningApp> {
  const config = join(directory, "verbatim.yaml");
  writeFileSync(config, JSON.stringify({ state: "state", ...configuration }));
  const loaded = await loadConfiguration({ flags: { config }, environment: {}, workingDirectory: "/" });
  const log: (readonly [string, Readonly<Record<string, unknown>>])[] = [];
  const app = await compose(loaded, { log: (event, facts) => log.push([event, facts]), stepTypes: SCRIPTED });
  const client = connectClient({ address: app.address });
  const stop = async (): Promise<void> => {
    client.close();
    await app.stop();
  };
  return { client, log, stop, [Symbol.asyncDispose]: stop };
}

/** Creates a run of a plan that is written as JSON, and waits until it rests. */
export async function runPlan({ client }: Pick<RunningApp, "client">, plan: object, runId: string): Promise<void> {
  await client.runs.createRun({ plan: { text: JSON.stringify(plan) }, runId, actor: "ada" });
  await untilRest(client, runId);
}

/** Resolves when a run has ended or is blocked. */
export async function untilRest(client: VerbatimClient, runId: string): Promise<void> {
  const events = client.runs.watchRun({ runId, untilBlocked: true });
  while ((await events.next()).done !== true);
}

/** Ids of all runs that begin with a text, sorted. */
export async function runIds({ client }: Pick<RunningApp, "client">, prefix: string): Promise<readonly string[]> {
  const { runs } = await client.evidence.listRuns({ pageSize: 1000 });
  return runs
    .map(({ runId }) => runId)
    .filter((id) => id.startsWith(prefix))
    .toSorted();
}

/** How a job ended; waits for its acceptance and for its end. */
export async function endOfJob({ client }: Pick<RunningApp, "client">, jobId: string): Promise<string> {
  for (;;) {
    const job = await client.executor.getJob({ jobId }).catch(() => undefined); // it may not have been accepted yet
    const ended = job === undefined ? undefined : ENDS.get(job.status);
    if (ended !== undefined) return ended;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** By the numbers of the wire. */
const ENDS: ReadonlyMap<number, string> = new Map([
  [3, "COMPLETED"],
  [4, "FAILED"],
  [5, "CANCELLED"],
]);
