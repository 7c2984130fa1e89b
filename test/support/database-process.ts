import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A server of somebody else's in a process of its own, thrown away with its data when it is disposed. */
export interface DatabaseServer extends AsyncDisposable {
  /** Where it listens, as its clients take it; stays the same over restarts. */
  readonly url: string;
  /** Sends a signal to it and to every process that it has started. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Kills it as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again over the data that it has left, and waits until it answers. */
  start(): Promise<void>;
  /** Starts it again with nothing in it. */
  startEmpty(): Promise<void>;
}

/** How such a server is run. */
export interface DatabaseProgram {
  /** Path of the program and its arguments. */
  readonly command: readonly string[];
  readonly url: string;
  /** The user that it is run as, where it refuses to be run by root. */
  readonly user: { readonly uid?: number; readonly gid?: number };
  /** Whether it answers. */
  readonly answers: () => Promise<boolean>;
  /** Takes everything out of it while it is stopped. */
  readonly empty: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 25;

/** Whatever happens to this process, none of these outlives it. */
const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/** Starts the server and waits until it answers. @throws {Error} if it does not within 30 seconds. */
export async function startDatabase(program: DatabaseProgram): Promise<DatabaseServer> {
  const { url, remove, empty } = program;
  let child = await started(program);
  const end = async (): Promise<void> => {
    await signalAll(child, "SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    living.delete(child);
  };
  const start = async (): Promise<void> => {
    child = await started(program);
  };
  return {
    url,
    signal: async (signal) => await signalAll(child, signal),
    kill: end,
    start,
    startEmpty: async () => {
      await empty();
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      await end();
      await remove();
    },
  };
}

async function started({ command, user, answers }: DatabaseProgram): Promise<ChildProcess> {
  const [path = "", ...words] = command;
  const child = spawn(path, words, { ...user, stdio: ["ignore", "pipe", "pipe"] });
  living.add(child);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const endMs = performance.now() + READY_WITHIN_MS;
  while (!(await answers())) {
    if (child.exitCode !== null || performance.now() > endMs)
      throw new Error(`${path} does not answer (exit code ${child.exitCode}):\n${said.join("")}`);
    await pause(LOOK_AGAIN_MS);
  }
  return child;
}

/** The children first would be started anew by a server that goes on, so it is the first to be told. */
async function signalAll({ pid }: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (pid === undefined) return;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  for (const one of [pid, ...children.trim().split(" ").filter(Boolean).map(Number)]) {
    try {
      process.kill(one, signal);
    } catch {
      // it has ended by itself
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the socket has no port");
  return address.port;
}
