import type { Readable } from "node:stream";
import type { Clock, JsonObject } from "#model";
import { endTree } from "./end-tree.ts";
import type { TreeEnd } from "./end-tree.ts";
import type { IsolationLevel } from "./isolation/levels.ts";
import { MARKER_NAME } from "./environment.ts";
import type { LivingTrees } from "./living-trees.ts";
import type { OutputCapture, OutputSink } from "./output-capture.ts";
import type { Command } from "./command.ts";
import { launch } from "./launch.ts";
import type { Launched } from "./launch.ts";
import type { PipePool } from "./pipes.ts";
import { createProcessTable } from "./process-table.ts";
import { createProcessTree } from "./process-tree.ts";
import type { ResourceMeter } from "./resource-meter.ts";
import type { Supervised } from "./supervisor.ts";

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: "not_started"; readonly cause: unknown }
  /** Its level could not be had, or could not be seen; the program did not begin. */
  | { readonly kind: "not_isolated"; readonly level: IsolationLevel; readonly lacks: readonly string[] }
  /** The shell that was to become it could not, and ended with this code. */
  | { readonly kind: "not_entered"; readonly level: IsolationLevel; readonly exitCode: number }
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
      /** The level at which it really ran, as the kernel shows it; undefined if it was stopped before it began. */
      readonly isolation: JsonObject | undefined;
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
  const drained = Promise.all([...streams.map((stream) => stream.closed), launched.answered]);
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
    const inside = insideOf(command, launched);
    if (inside.never !== undefined && !stopped) return inside.never;
    const { isolation } = inside;
    return { kind: "ended", exitCode, signal: endSignal, stopped, outputIncomplete, leftRunning, resources, isolation };
  } finally {
    forget();
    abort.forget();
    launched.stdout.destroy();
    launched.stderr.destroy();
    launched.door?.script.destroy();
    launched.door?.answer.destroy();
  }
}

interface Inside {
  /** The record of the level at which the command ran; undefined if it never did. */
  readonly isolation: JsonObject | undefined;
  /** How it ended that it never did. */
  readonly never?: Extract<CommandEnd, { readonly kind: "not_isolated" | "not_entered" }>;
}

function insideOf({ wrapped }: Command, { entrance }: Launched): Inside {
  if (wrapped === undefined || entrance === undefined) return { isolation: { level: "group" } };
  const { level } = wrapped;
  const now = entrance();
  if (now.kind !== "entered") {
    const lacks = now.kind === "refused" ? now.lacks : [];
    return { isolation: undefined, never: { kind: "not_isolated", level, lacks } };
  }
  const exitCode = now.failedWith;
  return exitCode === undefined
    ? { isolation: now.seen.record }
    : { isolation: undefined, never: { kind: "not_entered", level, exitCode } };
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
