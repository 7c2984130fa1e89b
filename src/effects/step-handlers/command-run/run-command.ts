import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Clock, JsonObject } from "#model";
import { endTree } from "./end-tree.ts";
import type { TreeEnd } from "./end-tree.ts";
import { MARKER_NAME } from "./environment.ts";
import type { LivingTrees } from "./living-trees.ts";
import type { OutputCapture, OutputSink } from "./output-capture.ts";
import { closePipe, readerOf } from "./pipes.ts";
import type { Pipe, PipePool } from "./pipes.ts";
import { createProcessTable } from "./process-table.ts";
import { createProcessTree } from "./process-tree.ts";
import type { ResourceMeter } from "./resource-meter.ts";
import type { Supervised } from "./supervisor.ts";

/** A command with every question answered: nothing is looked up any more. */
export interface Command {
  readonly file: string;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: "not_started"; readonly cause: unknown }
  | {
      readonly kind: "ended";
      /** Undefined if a signal ended it. */
      readonly exitCode: number | undefined;
      readonly signal: NodeJS.Signals | undefined;
      /** Whether it was stopped because the caller's signal aborted. */
      readonly stopped: boolean;
      /** Whether its output was given up before its end. */
      readonly outputIncomplete: boolean;
      /** Processes that it left behind. */
      readonly leftRunning: TreeEnd;
      /** What it used, as {@link ResourceMeter} says it; undefined where nobody can tell. */
      readonly resources: JsonObject | undefined;
    };

/** What a command is run with. */
export interface RunSurroundings {
  readonly capture: OutputCapture;
  readonly pipes: PipePool;
  readonly trees: LivingTrees;
  readonly meter: ResourceMeter;
  /** To be told of the command's start; whoever gives it closes it. */
  readonly supervised: Pick<Supervised, "started">;
  readonly clock: Clock;
  readonly killGraceMs: number;
  readonly signal: AbortSignal;
}

/** After a normal exit: how long what still writes may finish, and what was left behind may clean up. */
const OUTPUT_SETTLE_MS = 500;
const LEFTOVER_GRACE_MS = 250;
/** After the tree has ended: how long the last bytes in the pipes and the exit may take to arrive. */
const LAST_BYTES_MS = 200;

/**
 * Runs a command in a process group of its own, without a shell and with a closed stdin, and resolves when it and all that
 * came from it have ended: within a second after its exit, or within `killGraceMs` and a second after the abort. If
 * something outlives KILL it waits at most 700 ms longer and says so. Never rejects.
 */
export async function runCommand(command: Command, surroundings: RunSurroundings): Promise<CommandEnd> {
  const { capture, clock, signal } = surroundings;
  const launched = await launch(command, surroundings.pipes);
  if ("cause" in launched) return { kind: "not_started", cause: launched.cause };
  const { child, pid } = launched;
  surroundings.supervised.started(pid);
  const marker = `${MARKER_NAME}=${command.environment[MARKER_NAME] ?? ""}`;
  const tree = createProcessTree({ pid, marker }, { table: createProcessTable(), clock });
  const forget = surroundings.trees.add(tree);
  const measured = surroundings.meter.measure(pid);
  const streams = [listen(launched.stdout, capture.stdout), listen(launched.stderr, capture.stderr)];
  const drained = Promise.all(streams.map((stream) => stream.closed));
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      measured.ended();
      resolve();
    });
  });
  const abort = whenAborted(signal);
  try {
    await Promise.race([exited, abort.happened]);
    if (!signal.aborted) await Promise.race([atMost(drained, OUTPUT_SETTLE_MS, clock), abort.happened]);
    const stopped = signal.aborted;
    const graceMs = stopped ? surroundings.killGraceMs : LEFTOVER_GRACE_MS;
    const leftRunning = await endTree(tree, { graceMs, clock });
    await atMost(Promise.all([exited, drained]), LAST_BYTES_MS, clock);
    const outputIncomplete = streams.some((stream) => !stream.complete());
    const exitCode = child.exitCode ?? undefined;
    const endSignal = child.signalCode ?? undefined;
    const resources = await measured.finish();
    return { kind: "ended", exitCode, signal: endSignal, stopped, outputIncomplete, leftRunning, resources };
  } finally {
    forget();
    abort.forget();
    launched.stdout.destroy();
    launched.stderr.destroy();
  }
}

interface Launched {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

async function launch(command: Command, pool: PipePool): Promise<Launched | { readonly cause: unknown }> {
  const pipes = [await pool.take(), await pool.take()];
  const [out, err] = pipes;
  try {
    const child = spawn(command.file, command.argv.slice(1), {
      ...(command.argv[0] === undefined ? {} : { argv0: command.argv[0] }),
      cwd: command.directory,
      env: command.environment,
      stdio: ["ignore", out?.writeFd ?? "pipe", err?.writeFd ?? "pipe"],
      detached: true,
      shell: false,
    });
    if (child.pid === undefined) return await notStarted(child, pipes);
    return { child, pid: child.pid, stdout: readingEnd(out, child.stdout), stderr: readingEnd(err, child.stderr) };
  } catch (cause) {
    // Some causes (an argument list that is too long) are thrown, the others come as an event.
    pipes.forEach(closeBoth);
    return { cause };
  }
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

/** Feeds everything that arrives to the sink at once: nothing is buffered in between, however much it is. */
function listen(stream: Readable, sink: OutputSink): { readonly closed: Promise<void>; complete(): boolean } {
  let ended = false;
  stream.on("data", (chunk: Buffer) => sink.write(chunk));
  stream.once("end", () => {
    ended = true;
  });
  // A failed read closes the stream without an end, and that is what is told.
  stream.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    stream.once("close", () => resolve());
  });
  return { closed, complete: () => ended };
}

function whenAborted(signal: AbortSignal): { readonly happened: Promise<void>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = (): void => resolve();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", listener, { once: true });
  return { happened: promise, forget: () => signal.removeEventListener("abort", listener) };
}

function atMost(promise: Promise<unknown>, milliseconds: number, clock: Clock): Promise<unknown> {
  return new Promise((resolve) => {
    const cancel = clock.after(milliseconds, () => resolve(undefined));
    void promise.then((value) => {
      cancel();
      resolve(value);
    });
  });
}
