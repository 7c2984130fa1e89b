import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, fchownSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Command } from "./command.ts";
import { MARKER_NAME } from "./environment.ts";
import { ANSWER_FD } from "./isolation/entrance.ts";
import type { Door, Entrance } from "./isolation/entrance.ts";
import type { RunAs } from "./isolation/isolation-options.ts";
import { closePipe, readerOf } from "./pipes.ts";
import type { Pipe, PipePool } from "./pipes.ts";

/** A process that was started for a command. */
export interface Launched {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** For a command that is wrapped: by what it is told to begin, and how far it has come. */
  readonly door: Door | undefined;
  readonly entrance: (() => Entrance) | undefined;
  /** Resolves when no more will be known of its entrance. */
  readonly answered: Promise<void>;
}

/** Starts a command, or what it is wrapped in, as the leader of a group of its own. */
export async function launch(command: Command, pool: PipePool): Promise<Launched | { readonly cause: unknown }> {
  const pipes = [await pool.take(), await pool.take()];
  const [out, err] = pipes;
  try {
    const child = start(command, pipes);
    if (child.pid === undefined) return await notStarted(child, pipes);
    const [stdout, stderr] = [readingEnd(out, child.stdout), readingEnd(err, child.stderr)];
    return { child, pid: child.pid, stdout, stderr, ...entranceOf(command, child) };
  } catch (cause) {
    // Some causes (an argument list that is too long) are thrown, the others come as an event.
    pipes.forEach(closeBoth);
    return { cause };
  }
}

function start(command: Command, pipes: readonly (Pipe | undefined)[]): ChildProcess {
  const { file, argv, directory, environment, wrapped } = command;
  const outputs = pipes.map((pipe) => pipe?.writeFd ?? ("pipe" as const));
  const shared = { cwd: directory, detached: true, shell: false } as const;
  if (wrapped === undefined) {
    const [name] = argv;
    const own = { ...(name !== undefined && { argv0: name }), env: environment };
    return spawn(file, argv.slice(1), { ...shared, ...own, stdio: ["ignore", ...outputs] });
  }
  for (const pipe of pipes) giveTo(wrapped.owner, pipe);
  const [program = "", ...words] = wrapped.words;
  // By the marker it is found from its first moment on; the rest it is given once it is inside.
  const env = { [MARKER_NAME]: environment[MARKER_NAME] ?? "" };
  return spawn(program, words, { ...shared, env, stdio: ["pipe", ...outputs, "pipe"] });
}

function giveTo(owner: RunAs | undefined, pipe: Pipe | undefined): void {
  if (owner !== undefined && pipe !== undefined) fchownSync(pipe.writeFd, owner.uid, owner.gid);
}

function entranceOf({ wrapped }: Command, child: ChildProcess): Pick<Launched, "door" | "entrance" | "answered"> {
  if (wrapped === undefined) return { door: undefined, entrance: undefined, answered: Promise.resolve() };
  const script = child.stdin;
  const answer = child.stdio[ANSWER_FD];
  if (script === null || answer === null || answer === undefined || !("setEncoding" in answer))
    throw new Error("a wrapped command was started without its door");
  const entrance = wrapped.enter({ script, answer });
  const answered = new Promise<void>((resolve) => {
    answer.once("close", () => resolve());
  });
  return { door: { script, answer }, entrance, answered };
}

function notStarted(child: ChildProcess, pipes: readonly (Pipe | undefined)[]): Promise<{ readonly cause: unknown }> {
  pipes.forEach(closeBoth);
  return new Promise((resolve) => {
    child.once("error", (cause) => resolve({ cause }));
  });
}

function closeBoth(pipe: Pipe | undefined): void {
  if (pipe !== undefined) closePipe(pipe);
}

/** The child holds the writing end now; as long as Verbatim held it too, the output would never end. */
function readingEnd(pipe: Pipe | undefined, socket: Readable | null): Readable {
  if (pipe !== undefined) {
    closeSync(pipe.writeFd);
    return readerOf(pipe);
  }
  if (socket === null) throw new Error("a child without a pipe was started without a socket");
  return socket;
}
