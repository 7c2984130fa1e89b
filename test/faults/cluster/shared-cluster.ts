import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { layLine } from "../../support/silent-line.ts";
import type { SilentLine } from "../../support/silent-line.ts";
import { launchServer, startServer } from "../../support/server-process.ts";
import type { ServerProcess, StartingServer } from "../../support/server-process.ts";
import { startWorker } from "../../worker/support/worker-process.ts";
import type { WorkerProcess } from "../../worker/support/worker-process.ts";

/** Where several processes meet, and how long each holds what it has. */
export interface ClusterPlace {
  /** For the state directories of all of them, and the only directory that commands work in. */
  readonly directory: string;
  /** Address of the database. */
  readonly url: string;
  readonly schema: string;
  readonly leaseSeconds: number;
  /** Address of the Redis that prompts the workers; absent = the database does. */
  readonly redis?: string;
}

/** A worker whose connections to all others can fall silent. */
export interface LinedWorker extends WorkerProcess {
  cut(): void;
  mend(how: { readonly forgets: boolean }): void;
}

/** `verbatim serve` on a shared store, with workers. Disposing it kills it. */
export async function startNode(place: ClusterPlace, name: string): Promise<ServerProcess> {
  return await startServer(await nodeOptions(place, name));
}

/** The same, and does not wait for it. */
export async function launchNode(place: ClusterPlace, name: string): Promise<StartingServer> {
  return await launchServer(await nodeOptions(place, name));
}

async function nodeOptions(place: ClusterPlace, name: string): Promise<Parameters<typeof startServer>[0]> {
  const { url, schema, leaseSeconds, redis, directory } = place;
  const postgres = { url: { environment: "EVIDENCE_URL" }, schema, lease_seconds: leaseSeconds };
  const configuration = { store: "postgres", postgres, ...(await common(place, { name, redis })) };
  return { state: join(directory, name), entry: "serve", configuration, environment: { EVIDENCE_URL: url } };
}

/** `verbatim worker` with nothing between it and the others. Disposing it kills it. */
export async function startPlainWorker(place: ClusterPlace, name: string): Promise<WorkerProcess> {
  const { url, schema, leaseSeconds, redis, directory } = place;
  const configuration = await common(place, { name, redis });
  return await startWorker({
    url,
    schema,
    leaseSeconds,
    name,
    state: join(directory, name),
    configuration,
    entry: "worker",
  });
}

/** `verbatim worker` with lines of its own to the database and to Redis. Disposing it kills it. */
export async function startLinedWorker(place: ClusterPlace, name: string): Promise<LinedWorker> {
  await using opened = new AsyncDisposableStack();
  const lines: SilentLine[] = [];
  const redirected = async (address: string): Promise<string> => {
    const url = new URL(address);
    const line = opened.use(await layLine(Number(url.port)));
    lines.push(line);
    url.port = `${line.port}`;
    return url.href;
  };
  const url = await redirected(place.url);
  const redis = place.redis === undefined ? {} : { redis: await redirected(place.redis) };
  const worker = opened.use(await startPlainWorker({ ...place, url, ...redis }, name));
  const open = opened.move();
  return {
    ...worker,
    cut: () => lines.forEach((line) => line.cut()),
    mend: (how) => lines.forEach((line) => line.mend(how)),
    [Symbol.asyncDispose]: async () => await open.disposeAsync(),
  };
}

interface Redirected {
  readonly name: string;
  readonly redis: string | undefined;
}

async function common({ directory }: ClusterPlace, { name, redis }: Redirected): Promise<Record<string, unknown>> {
  const commands = { executables: ["sh"], working_directories: [directory], kill_grace_ms: 300 };
  const shared = { steps: { "command.run": commands }, drain_seconds: 5, log_level: "info" };
  if (redis === undefined) return { ...shared, workers: {} };
  const file = join(directory, `${name}.redis`);
  await writeFile(file, redis, { mode: 0o600 });
  return { ...shared, workers: { queue: { backend: "redis", url: { file } } } };
}
