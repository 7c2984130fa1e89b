import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a server under measure has used so far. */
export interface Usage {
  readonly cpu: { readonly user: number; readonly system: number };
  readonly rssBytes: number;
  /** Steps that it has performed. */
  readonly steps: number;
}

/** A server in a process of its own, with a state directory that goes with it. */
export interface MeasuredServer extends AsyncDisposable {
  readonly address: string;
  usage(): Promise<Usage>;
}

/** Starts the real server on a fresh state directory. */
export function startServer(store: "sqlite" | "memory"): Promise<MeasuredServer> {
  const state = freshDirectory();
  return start(fork(new URL("server.ts", import.meta.url), [state, store]), state);
}

/** Starts the real server over the PostgreSQL at `url`. */
export function startSharedServer(url: string): Promise<MeasuredServer> {
  const state = freshDirectory();
  const env = { ...process.env, BENCH_POSTGRES_URL: url };
  return start(fork(new URL("server.ts", import.meta.url), [state, "postgres"], { env }), state);
}

/** Starts a worker as `verbatim worker` runs it, for the given step types. */
export function startWorker(
  url: string,
  options: { readonly name: string; readonly concurrency: number; readonly serves: readonly string[] },
): Promise<MeasuredServer> {
  const state = freshDirectory();
  const env = { ...process.env, BENCH_POSTGRES_URL: url };
  const words = [state, options.name, String(options.concurrency), options.serves.join(",")];
  return start(fork(new URL("worker.ts", import.meta.url), words, { env }), state);
}

/** Starts a bare grpc-js server that answers with so many bytes. */
export function startBareServer(answerBytes: number): Promise<MeasuredServer> {
  const directory = freshDirectory();
  const script = new URL("bare-server.ts", import.meta.url);
  return start(fork(script, [`unix:${join(directory, "bare.sock")}`, String(answerBytes)]), directory);
}

/** A throw-away directory. */
export function freshDirectory(): string {
  return mkdtempSync(join(tmpdir(), "verbatim-bench-"));
}

async function start(child: ChildProcess, directory: string): Promise<MeasuredServer> {
  const [{ address }] = (await once(child, "message")) as [{ address: string }]; // the scripts' first message
  return {
    address,
    async usage() {
      child.send("usage");
      const [usage] = (await once(child, "message")) as [Usage]; // the script's answer
      return usage;
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, "exit");
      rmSync(directory, { recursive: true });
    },
  };
}
