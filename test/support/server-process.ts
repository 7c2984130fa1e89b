import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { VerbatimClient } from "#api";
import { connectClient, readToken } from "#api";

const ROOT = join(import.meta.dirname, "../..");
// As the program itself is started, docs/adr/0025.
const PREAMBLE = ["--max-semi-space-size=16", "--require", join(ROOT, "tools/node-version.cjs")];

/** How a server is started. */
export interface ServerProcessOptions {
  /** State directory, absolute. */
  readonly state: string;
  /** Members of the configuration file beside `state`. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** `serve`, `scheduler`: the command line's. `test steps`: the same parts with the step types of server-with-test-steps.ts. Default. */
  readonly entry?: "serve" | "scheduler" | "test steps";
  /** Further arguments of `serve`. */
  readonly flags?: readonly string[];
  /** A program and its arguments under which the server is run. */
  readonly under?: readonly string[];
  /** Another tree than this one to take the program from. */
  readonly tree?: string;
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server in a process of its own. Disposing it kills it. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly state: string;
  /** Where it listens, as a client takes it. */
  readonly address: string;
  /** Milliseconds from the start of the process to its word that calls are taken. */
  readonly readyMs: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<ProcessEnd>;
  /** Everything that it has written to standard error so far. */
  log(): string;
  /** A client of its own connection; it brings the token where the server asks for one. */
  client(): Promise<VerbatimClient>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<ProcessEnd>;
}

/** The server ended before it took calls. */
export class NotStarted extends Error {
  override readonly name = "NotStarted";
  readonly end: ProcessEnd;
  readonly output: string;

  constructor(end: ProcessEnd, output: string) {
    super(`The server ended with ${end.code ?? end.signal} before it took calls:\n${output}`);
    this.end = end;
    this.output = output;
  }
}

/** Whatever happens to this process, none of these outlives it. */
const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/** A server process from its first moment, whether or not it ever takes calls. */
export interface StartingServer {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  /** Resolves when calls are taken. @throws {NotStarted} if the process ends before. */
  readonly ready: Promise<ServerProcess>;
}

/** Starts a server process and does not wait for it. */
export async function launchServer(options: ServerProcessOptions): Promise<StartingServer> {
  const { state, configuration, entry = "test steps", flags = [], under = [], tree = ROOT, environment } = options;
  const file = `${state}.verbatim.yaml`;
  await writeFile(file, JSON.stringify({ ...configuration, state }));
  const program =
    entry === "test steps"
      ? [join(tree, "test/support/server-with-test-steps.ts"), file]
      : [join(tree, "src/main/bin.ts"), entry, "--config", file, ...flags];
  const startMs = performance.now();
  const [command = "", ...words] = [...under, process.execPath, ...PREAMBLE, ...program];
  const child = spawn(command, words, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  living.add(child);
  const ended = once(child, "close").then(([code, signal]): ProcessEnd => {
    living.delete(child);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null }; // as Node documents the event
  });
  const written: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  const ready = whenReady({ child, written, ended, state, startMs });
  ready.catch(() => undefined); // whoever asks is told
  return { child, ended, ready };
}

/** Starts a server process and waits until it takes calls. @throws {NotStarted} */
export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const { ready } = await launchServer(options);
  return await ready;
}

interface Starting {
  readonly child: ChildProcess;
  readonly written: string[];
  readonly ended: Promise<ProcessEnd>;
  readonly state: string;
  readonly startMs: number;
}

async function whenReady({ child, written, ended, state, startMs }: Starting): Promise<ServerProcess> {
  const { promise: started, resolve } = Promise.withResolvers<string>();
  if (child.stderr === null) throw new Error("the process was started without a pipe");
  createInterface({ input: child.stderr }).on("line", (line) => {
    written.push(`${line}\n`);
    const address = startedAt(line);
    if (address !== undefined) resolve(address);
  });
  const address = await Promise.race([started, ended]);
  if (typeof address !== "string") throw new NotStarted(address, written.join(""));
  const readyMs = performance.now() - startMs;
  const end = async (signal: NodeJS.Signals): Promise<ProcessEnd> => {
    child.kill(signal);
    return await ended;
  };
  return {
    pid: child.pid ?? 0,
    state,
    address,
    readyMs,
    ended,
    log: () => written.join(""),
    client: async () =>
      connectClient(address.startsWith("unix:") ? { address } : { address, token: await readToken(state) }),
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}

/** The address in the log's word that calls are taken. */
function startedAt(line: string): string | undefined {
  if (!/"(?:server|scheduler)\.started"/.test(line)) return undefined;
  const { address = "" } = JSON.parse(line) as { readonly address?: string }; // written by the event log
  return address;
}
