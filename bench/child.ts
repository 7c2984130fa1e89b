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
  /** No-ops that it has performed. */
  readonly steps: number;
}

/** A server in a process of its own, with a state directory that goes with it. */
export interface MeasuredServer extends AsyncDisposable {
  readonly address: string;
  usage(): Promise<Usage>;
}

/** Starts the real server on a fresh state directory; with an address, over the store that is there. */
export function startServer(store: "sqlite" | "memory" | { readonly postgres: string }): Promise<MeasuredServer> {
  const state = freshDirectory();
  const script = new URL("server.ts", import.meta.url);
  if (typeof store === "string") return start(fork(script, [state, store]), state);
  const env = { ...process.env, BENCH_POSTGRES_URL: store.postgres };
  return start(fork(script, [state, "postgres"], { env }), state);
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
