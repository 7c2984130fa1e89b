import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The top of this repository. */
export const REPOSITORY = join(import.meta.dirname, "../..");

/** As `npm run verbatim` starts it: a small young generation, and a word for a Node that is too old. */
const NODE_FLAGS = ["--max-semi-space-size=16", "--require", join(REPOSITORY, "tools/node-version.cjs")];

/** A server in a process of its own. Disposing it kills it, if nobody has stopped it before. */
export interface DemoServer extends AsyncDisposable {
  readonly pid: number;
  /** `host:port`, as it says itself. */
  readonly address: string;
  /** What it has logged so far. */
  log(): string;
  /** Asks it to stop, as a system would, and resolves with its exit code, or the signal that ended it. */
  stop(): Promise<number | string>;
}

/** Starts `verbatim serve` on a free loopback port; resolves when it takes calls. @throws if it ends before. */
export async function startServer({
  state,
  config = "examples/verbatim.yaml",
}: {
  readonly state: string;
  readonly config?: string;
}): Promise<DemoServer> {
  const args = ["serve", "--config", config, "--state", state, "--listen", "127.0.0.1:0"];
  const child = spawn(process.execPath, [...NODE_FLAGS, join(REPOSITORY, "src/main/bin.ts"), ...args], {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const logged: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => logged.push(chunk.toString()));
  const ended = once(child, "close").then(([code, signal]): number | string => (code ?? signal) as number | string); // one of both
  const listening = once(createInterface({ input: child.stdout }), "line").then(([line]) => String(line));
  const first = await Promise.race([listening, ended]);
  const address = typeof first === "string" ? /^listening on (\S+)$/.exec(first)?.[1] : undefined;
  if (address === undefined || child.pid === undefined) {
    child.kill("SIGKILL");
    throw new Error(`the server said ${JSON.stringify(first)} instead of where it listens:\n${logged.join("")}`);
  }
  return {
    pid: child.pid,
    address,
    log: () => logged.join(""),
    async stop() {
      child.kill("SIGTERM");
      return await ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
