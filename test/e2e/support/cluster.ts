import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { VerbatimClient } from "#api";
import type { EvidenceRecord } from "#evidence";
import type { Run } from "../../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import { planText } from "../../cli/support/plan-files.ts";
import type { TestJob } from "../../cli/support/plan-files.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { startServer } from "../../support/server-process.ts";
import type { ServerProcess, ServerProcessOptions } from "../../support/server-process.ts";

/** One process of a cluster that takes calls, with a client of it. */
export interface Node extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly client: VerbatimClient;
}

/** Under which id a plan is run, and when. */
export interface Asked {
  readonly runId: string;
  readonly startAfter?: Date;
}

/** Processes over the same tables, and a directory in which their commands work. */
export class Cluster implements AsyncDisposable {
  readonly directory: string;
  readonly schema: string;
  readonly #url: string;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    place: { readonly url: string; readonly schema: string },
    resources: AsyncDisposableStack,
    directory: string,
  ) {
    this.#url = place.url;
    this.schema = place.schema;
    this.#resources = resources;
    this.directory = directory;
  }

  static async open(url: string, schema: string): Promise<Cluster> {
    const resources = new AsyncDisposableStack();
    const scratch = resources.use(await scratchDirectory());
    await mkdir(join(scratch.path, "work"));
    return new Cluster({ url, schema }, resources, scratch.path);
  }

  /** What a process is started with. */
  options(name: string, configuration: Readonly<Record<string, unknown>> = {}): ServerProcessOptions {
    const { work } = this;
    // A lease that no test outlives: what is handed on is handed on, and not found when a lease is over.
    const postgres = { url: { environment: "EVIDENCE_URL" }, schema: this.schema, lease_seconds: 60 };
    const steps = { "command.run": { executables: ["*"], working_directories: [work], kill_grace_ms: 300 } };
    return {
      state: join(this.directory, name),
      entry: "serve",
      configuration: { store: "postgres", postgres, reserve_bytes: 0, log_level: "info", steps, ...configuration },
      environment: { EVIDENCE_URL: this.#url },
    };
  }

  /** Starts a process that takes calls; it is killed at the end. */
  async node(name: string, configuration: Readonly<Record<string, unknown>> = {}): Promise<Node> {
    const server = await startServer(this.options(name, configuration));
    const client = await server.client();
    const node: Node = {
      server,
      client,
      async [Symbol.asyncDispose]() {
        client.close();
        await server[Symbol.asyncDispose]();
      },
    };
    return this.#resources.use(node);
  }

  /** Starts a process that drives plans and takes no calls; it is killed at the end. */
  async scheduler(name: string, configuration: Readonly<Record<string, unknown>> = {}): Promise<ServerProcess> {
    return this.#resources.use(await startServer({ ...this.options(name, configuration), entry: "scheduler" }));
  }

  /** Starts a plan at a node; resolves when it is accepted. */
  async start({ client }: Node, { runId, startAfter }: Asked, jobs: readonly TestJob[]): Promise<void> {
    const source = { text: planText(jobs, { name: runId }), name: `${runId}.yaml`, baseDirectory: this.work };
    const atMs = startAfter?.getTime() ?? 0;
    const time = startAfter && { seconds: BigInt(Math.floor(atMs / 1000)), nanos: (atMs % 1000) * 1_000_000 };
    await client.runs.createRun({ plan: source, runId, actor: "ada", ...(time && { startAfter: time }) });
  }

  put(name: string): void {
    writeFileSync(join(this.work, name), "");
  }

  /** Where the commands work. */
  get work(): string {
    return join(this.directory, "work");
  }

  /** What the jobs of `awaits` have left, in order. */
  done(): readonly string[] {
    const path = join(this.work, "done");
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** The command of a job that ends when the file of this name is there, and then leaves its name. */
export function awaits(name: string): string {
  return `until [ -e ${name} ]; do sleep 0.02; done; echo ${name} >> done`;
}

/** The records of a run's log, as a node tells them. */
export async function recordsAt({ client }: Node, runId: string): Promise<readonly EvidenceRecord[]> {
  const records: EvidenceRecord[] = [];
  for await (const { lines } of client.evidence.readLog({ runId }))
    for (const { line } of lines) records.push(JSON.parse(Buffer.from(line).toString("utf8")) as EvidenceRecord); // written by the store
  return records;
}

/** Waits until a run is blocked or has ended, as a node tells it. */
export async function restAt({ client }: Node, runId: string): Promise<Run> {
  for await (const batch of client.runs.watchRun({ runId, untilBlocked: true })) void batch;
  const { run } = await client.runs.getRun({ runId });
  if (run === undefined) throw new Error(`there is no run ${runId}`);
  return run;
}

/** Waits until a run has a record of this type, as a node tells it. */
export async function recordAt({ client }: Node, runId: string, type: string): Promise<void> {
  const stop = new AbortController();
  try {
    for await (const { events } of client.runs.watchRun({ runId }, { signal: stop.signal }))
      if (events.some((event) => event.eventType === type)) return;
  } finally {
    stop.abort();
  }
  throw new Error(`run ${runId} has ended without ${type}`);
}
