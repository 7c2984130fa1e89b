import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { scratchDirectory } from "../../support/scratch-directory.ts";

const ROOT = join(import.meta.dirname, "../../..");
const PROGRAM = [
  "--max-semi-space-size=16",
  "--require",
  join(ROOT, "tools/node-version.cjs"),
  join(ROOT, "src/main/bin.ts"),
];

/** Longest wait for something that must come, milliseconds. */
const PATIENCE_MS = 30_000;

/** How a command ended, and what it wrote. */
export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command in a process of its own. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandEnd>;
  /** What it has written so far. */
  out(): string;
  err(): string;
  /** Resolves when what it has written on standard error matches. */
  says(pattern: RegExp): Promise<void>;
}

/** A directory with a configuration, in which commands run. Disposing it kills what still runs. */
export interface CommandBench extends AsyncDisposable {
  readonly directory: string;
  /** Writes a file and gives its path. */
  file(name: string, text: string): Promise<string>;
  start(argv: readonly string[], options?: StartOptions): RunningCommand;
  /** Runs a command to its end. */
  run(argv: readonly string[], options?: StartOptions): Promise<CommandEnd>;
}

/** What a command is given beside its arguments. */
export interface StartOptions {
  readonly input?: string;
  /** Variables beside those that the bench gives. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The configuration that permits every command. */
export const ANY_COMMAND = 'steps:\n  command.run: {executables: ["*"]}\n';

/** Sets up a bench. */
export async function commandBench(configuration: string = ANY_COMMAND): Promise<CommandBench> {
  const scratch = await scratchDirectory();
  const directory = scratch.path;
  const running = new Set<RunningCommand>();
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };
  await file("verbatim.yaml", configuration);
  const start = (argv: readonly string[], options: StartOptions = {}): RunningCommand => {
    const command = launch(argv, directory, options);
    running.add(command);
    void command.ended.then(() => running.delete(command));
    return command;
  };
  return {
    directory,
    file,
    start,
    run: (argv, options) => start(argv, options).ended,
    async [Symbol.asyncDispose]() {
      const left = [...running];
      for (const { child } of left) child.kill("SIGKILL");
      await Promise.all(left.map(({ ended }) => ended));
      await scratch[Symbol.asyncDispose]();
    },
  };
}

function launch(argv: readonly string[], directory: string, { input = "", environment }: StartOptions): RunningCommand {
  const { PATH = "", HOME = "", NODE_COMPILE_CACHE = "" } = process.env;
  const child = spawn(process.execPath, [...PROGRAM, ...argv], {
    cwd: directory,
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined); // a command that does not read its input may end first
  child.stdin.end(input);
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const ended = once(child, "close").then(([code]) => ({
    code: code as number | null,
    out: joined(out),
    err: joined(err),
  })); // as Node documents the event
  return {
    child,
    ended,
    out: () => joined(out),
    err: () => joined(err),
    says: (pattern) => expect.poll(() => joined(err), { timeout: PATIENCE_MS }).toMatch(pattern),
  };
}

function joined(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}

/** A step of `command.run` that runs this in a shell, as YAML. */
export function shellStep(target: string, script: string): string {
  return `  - step_type: command.run\n    target: ${target}\n    parameters: {argv: [sh, -c, ${JSON.stringify(script)}]}\n`;
}

/** Starts a server and waits for its word that it takes calls; gives its address. */
export async function startServe(
  bench: CommandBench,
  flags: readonly string[] = [],
): Promise<{ readonly server: RunningCommand; readonly address: string }> {
  const server = bench.start(["serve", "--json", ...flags]);
  await expect.poll(() => server.out(), { timeout: PATIENCE_MS }).toMatch(/\n/);
  const { address } = JSON.parse(server.out()) as { readonly address: string };
  return { server, address };
}
