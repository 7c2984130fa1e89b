import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { StoreAnswer, StoreOrder } from "./store-process.ts";

const SCRIPT = fileURLToPath(new URL("store-process.ts", import.meta.url));

/** A real process that owns a store. */
export interface StoreChild extends AsyncDisposable {
  readonly pid: number;
  /** What it said when it opened the store, or why it could not. */
  readonly opening: StoreAnswer;
  ask(order: StoreOrder): Promise<StoreAnswer>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends its input and waits until it is gone. */
  end(): Promise<void>;
}

/** Starts a process that opens a store; `tracer` is a command that runs it, such as strace with its options. */
export async function startStoreChild(
  kind: "jsonl" | "sqlite",
  directory: string,
  tracer: readonly string[] = [],
): Promise<StoreChild> {
  const [command, ...words] = [...tracer, process.execPath, SCRIPT, kind, directory];
  const child = spawn(command, words, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, UV_THREADPOOL_SIZE: "1", NODE_NO_WARNINGS: "1" },
  });
  const exited = once(child, "exit");
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<StoreAnswer & { readonly pid?: number }> => {
    const { value, done } = await answers.next();
    if (done === true) throw new Error("the store's process ended without an answer");
    return JSON.parse(value) as StoreAnswer; // written by store-process.ts
  };
  const opening = await next();
  const pid = opening.pid ?? 0;
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    opening,
    async ask(order) {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return await next();
    },
    async kill() {
      process.kill(pid, "SIGKILL");
      await exited;
    },
    async end() {
      child.stdin.end();
      await exited;
    },
    async [Symbol.asyncDispose]() {
      if (!isGone()) endHard(child, pid);
      await exited;
    },
  };
}

function endHard(child: ChildProcess, pid: number): void {
  if (pid !== 0) process.kill(pid, "SIGKILL");
  else child.kill("SIGKILL");
}

/** The path of strace, or a failure that says how to have it. */
export function strace(): string {
  const path = "/usr/bin/strace";
  if (existsSync(path)) return path;
  throw new Error("this test needs strace, which is not on this machine: apt-get install strace");
}
