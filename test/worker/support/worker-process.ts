import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../../..");

/** How a worker is started. */
export interface WorkerSettings {
  /** Address of the database. */
  readonly url: string;
  readonly schema: string;
  /** State directory, absolute. */
  readonly state: string;
  readonly name: string;
  readonly leaseSeconds: number;
  readonly capabilities?: readonly string[];
  readonly concurrency?: number;
  /** Members of the configuration file beside those that follow from the others. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** `worker`: the command line's. Default: the same parts with the step types of tests. */
  readonly entry?: "worker";
}

/** A worker in a process of its own. Disposing it kills it. */
export interface WorkerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly name: string;
  readonly ended: Promise<number | null>;
  /** Everything that it has written so far. */
  log(): string;
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/** The configuration of a worker, and of a server that hands over to it. */
export function workerConfiguration({
  schema,
  leaseSeconds,
  state,
}: WorkerSettings): Readonly<Record<string, unknown>> {
  const postgres = { url: { environment: "EVIDENCE_URL" }, schema, lease_seconds: leaseSeconds };
  return { state, store: "postgres", postgres, workers: {}, log_level: "info" };
}

/** Starts a worker and waits until it takes jobs. */
export async function startWorker(settings: WorkerSettings): Promise<WorkerProcess> {
  const { state, name, capabilities = [], concurrency = 10, entry, url } = settings;
  const file = `${state}.verbatim.yaml`;
  await writeFile(file, JSON.stringify({ ...workerConfiguration(settings), ...settings.configuration }));
  const few = capabilities.length === 0 ? [] : ["--capabilities", capabilities.join(",")];
  const words =
    entry === "worker"
      ? ["src/main/bin.ts", "worker", "--config", file, "--name", name, "--concurrency", `${concurrency}`, ...few]
      : ["test/support/worker-with-test-steps.ts", file, name, capabilities.join(","), `${concurrency}`];
  const [program = "", ...others] = words;
  const preamble = ["--max-semi-space-size=16", "--require", join(ROOT, "tools/node-version.cjs")];
  const child = spawn(process.execPath, [...preamble, join(ROOT, program), ...others], {
    cwd: ROOT,
    env: { ...process.env, EVIDENCE_URL: url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  living.add(child);
  const ended = once(child, "close").then(([code]) => {
    living.delete(child);
    return code as number | null; // as Node documents the event
  });
  const written: string[] = [];
  const { promise: started, resolve } = Promise.withResolvers<"started">();
  child.stdout.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  createInterface({ input: child.stderr }).on("line", (line) => {
    written.push(`${line}\n`);
    if (line.includes('"worker.started"')) resolve("started");
  });
  if ((await Promise.race([started, ended])) !== "started")
    throw new Error(`the worker ended before it took jobs:\n${written.join("")}`);
  return {
    pid: child.pid ?? 0,
    name,
    ended,
    log: () => written.join(""),
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      return await ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
