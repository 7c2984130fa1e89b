import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { VerbatimClient } from "#api";
import type { EvidenceRecord } from "#evidence";
import type { Run } from "../../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { startServer } from "../../support/server-process.ts";
import type { ServerProcess } from "../../support/server-process.ts";

/** A server that runs plans of real commands in a directory of its own. */
export interface PlanBench extends AsyncDisposable {
  readonly directory: string;
  readonly server: ServerProcess;
  readonly client: VerbatimClient;
  /** Starts a plan and waits until its run has ended or is blocked. */
  run(runId: string, plan: object | string): Promise<Run>;
  /** Waits until a run has ended or is blocked. */
  rest(runId: string): Promise<Run>;
  /** The records of a run's log. */
  records(runId: string): Promise<readonly EvidenceRecord[]>;
  /** A payload that lies beside a log. */
  blob(runId: string, digest: string): Promise<string>;
}

/** What a bench is made with. */
export interface PlanBenchOptions {
  /** Members of the configuration beside `state`; default: any command. */
  readonly configuration?: (directory: string) => Readonly<Record<string, unknown>>;
  /** A bench's directory, to start another server in it. */
  readonly at?: string;
}

/** Starts a server. Disposing kills it. */
export async function planBench({ configuration = anyCommand, at }: PlanBenchOptions = {}): Promise<PlanBench> {
  const scratch = at === undefined ? await scratchDirectory() : undefined;
  const directory = at ?? scratch?.path ?? "";
  await mkdir(join(directory, "work"), { recursive: true });
  const server = await startServer({
    state: join(directory, "state"),
    entry: "serve",
    configuration: configuration(directory),
  });
  const client = await server.client();
  const rest = async (runId: string): Promise<Run> => {
    for await (const batch of client.runs.watchRun({ runId, untilBlocked: true })) void batch;
    const { run } = await client.runs.getRun({ runId });
    if (run === undefined) throw new Error(`there is no run ${runId}`);
    return run;
  };
  return {
    directory,
    server,
    client,
    rest,
    async run(runId, plan) {
      const text = typeof plan === "string" ? plan : JSON.stringify(plan);
      const source = { text, name: `${runId}.yaml`, baseDirectory: join(directory, "work") };
      await client.runs.createRun({ plan: source, runId, actor: "ada" });
      return await rest(runId);
    },
    async records(runId) {
      const records: EvidenceRecord[] = [];
      for await (const { lines } of client.evidence.readLog({ runId }))
        for (const { line } of lines) records.push(JSON.parse(Buffer.from(line).toString("utf8")) as EvidenceRecord); // written by the store
      return records;
    },
    async blob(runId, digest) {
      const chunks: Uint8Array[] = [];
      for await (const { chunk } of client.evidence.readBlob({ runId, digest })) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8");
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await server[Symbol.asyncDispose]();
      await scratch?.[Symbol.asyncDispose]();
    },
  };
}

function anyCommand(directory: string): Readonly<Record<string, unknown>> {
  const work = join(directory, "work");
  return {
    steps: {
      "command.run": { executables: ["*"], working_directories: [work], kill_grace_ms: 300 },
      "check.file_exists": { directories: [work] },
    },
  };
}
