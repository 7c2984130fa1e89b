import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../demo/server.ts";

/** As `npm run verbatim` starts it. */
export const PROGRAM = [
  "--max-semi-space-size=16",
  "--require",
  join(REPOSITORY, "tools/node-version.cjs"),
  join(REPOSITORY, "src/main/bin.ts"),
];

/** A process of the cluster. Disposing it kills it. */
export interface ClusterProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** What it has said when it was ready. */
  readonly ready: string;
  /** What it has logged so far. */
  log(): string;
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  readonly ended: Promise<number | string>;
}

/** Starts `verbatim WORDS` and resolves with it when it has said its first line. @throws {Error} if it ends before. */
export async function startProcess(
  name: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ClusterProcess> {
  const child = spawn(process.execPath, [...PROGRAM, ...words], {
    cwd: REPOSITORY,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const logged: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => logged.push(chunk.toString()));
  const ended = once(child, "close").then(([code, signal]): number | string => (code ?? signal) as number | string); // one of both
  const first = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([line]) => String(line)),
    ended,
  ]);
  if (typeof first !== "string" || child.pid === undefined || child.exitCode !== null)
    throw new Error(`${name} ended before it was ready (${first}):\n${logged.join("")}`);
  return {
    name,
    pid: child.pid,
    ready: first,
    log: () => logged.join(""),
    signal: (signal) => void child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
