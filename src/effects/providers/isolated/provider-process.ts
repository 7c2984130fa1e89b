import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "#model";
import type { CommandHost } from "../../step-handlers/command-run/command-host.ts";
import { endTree } from "../../step-handlers/command-run/end-tree.ts";
import { MARKER_NAME } from "../../step-handlers/command-run/environment.ts";
import type { LivingTrees } from "../../step-handlers/command-run/living-trees.ts";
import { createProcessTable } from "../../step-handlers/command-run/process-table.ts";
import { createProcessTree } from "../../step-handlers/command-run/process-tree.ts";
import type { ProcessTree } from "../../step-handlers/command-run/process-tree.ts";
import type { Supervised } from "../../step-handlers/command-run/supervisor.ts";
import { FrameReader, frameOf } from "./frames.ts";
import { OutputLines } from "./output-lines.ts";
import type { ProviderReply, ProviderRequest } from "./protocol.ts";
import { readReply } from "./read-reply.ts";

/** What a process of a provider is started with. */
export interface ProviderProcessOptions {
  readonly clock: Clock;
  readonly host: CommandHost;
  readonly trees: LivingTrees;
  /** Unique; finds the process and its children again. */
  readonly marker: string;
  readonly directory: string;
  /** All variables that it has. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
}

/** How a question to the process ended. */
export type Asked =
  | ProviderReply
  /** The process has ended; how, in words. */
  | { readonly kind: "died"; readonly how: string }
  /** It was told to stop, and did, or was ended for not doing so. */
  | { readonly kind: "stopped" };

/** How a question is asked. */
export interface AskOptions {
  readonly signal: AbortSignal;
  /** So long the module may take to stop once `signal` has aborted; then the process is ended. */
  readonly graceMs: number;
}

const ANSWER_BYTES = 1024 * 1024;
const LOOK_MS = 250;
const LAST_FRAMES_MS = 200;
const MEBIBYTE = 1024 * 1024;

/** One process of a provider. It is asked one thing at a time, so that its death takes nothing else with it. */
export class ProviderProcess {
  readonly pid: number;
  /** Resolves when it and all that came from it are gone. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #frames: Duplex;
  readonly #tree: ProcessTree;
  readonly #clock: Clock;
  /** Why it was ended from here, if it was. */
  #why: string | undefined;
  #how: string | undefined;
  #answered: ((asked: Asked) => void) | undefined;

  private constructor(child: ChildProcess, pid: number, options: ProviderProcessOptions) {
    const [, stdout, stderr, frames] = child.stdio;
    this.pid = pid;
    this.#child = child;
    this.#frames = frames as Duplex; // a pipe that was asked for goes both ways
    this.#clock = options.clock;
    const marker = `${MARKER_NAME}=${options.marker}`;
    this.#tree = createProcessTree({ pid, marker }, { table: createProcessTable(), clock: options.clock });
    listen(stdout as Readable, "stdout", options); // pipes that were asked for
    listen(stderr as Readable, "stderr", options);
    this.#readFrames();
    this.ended = this.#untilEnded();
  }

  /** Starts a process of its own group, which the supervisor ends if this one is killed. */
  static async start(options: ProviderProcessOptions): Promise<ProviderProcess | { readonly problem: string }> {
    const lost: { current?: ProviderProcess } = {};
    const supervised = await options.host.supervisor.open({
      marker: `${MARKER_NAME}=${options.marker}`,
      graceMs: 0,
      onLost: () => lost.current?.kill("nobody would have ended it after this server"),
    });
    if ("problem" in supervised) return supervised;
    const child = launch(options);
    if (child.pid === undefined) {
      supervised.close();
      return { problem: await new Promise((resolve) => child.once("error", (error) => resolve(error.message))) };
    }
    child.on("error", () => undefined); // its end is told
    supervised.started(child.pid);
    const started = new ProviderProcess(child, child.pid, options);
    lost.current = started;
    const forget = options.trees.add(started.#tree);
    const disarm = started.#watchMemory(options.memoryBytes);
    void started.#closeWith(supervised, [forget, disarm]);
    return started;
  }

  get alive(): boolean {
    return this.#how === undefined && this.#why === undefined;
  }

  /** Asks for one thing; nothing else may be asked until this resolves. Never rejects. */
  async ask(request: ProviderRequest, { signal, graceMs }: AskOptions): Promise<Asked> {
    if (!this.alive) return { kind: "died", how: await this.ended };
    const { promise, resolve } = Promise.withResolvers<Asked>();
    this.#answered = resolve;
    let disarm: (() => void) | undefined;
    const stop = (): void => {
      this.#frames.write(frameOf({ kind: "stop" }));
      disarm = this.#clock.after(graceMs, () => this.kill(`it did not stop within ${graceMs} ms after it was told to`));
    };
    signal.addEventListener("abort", stop, { once: true });
    this.#frames.write(frameOf(request));
    if (signal.aborted) stop();
    try {
      const asked = await promise;
      return signal.aborted ? { kind: "stopped" } : asked;
    } finally {
      this.#answered = undefined;
      signal.removeEventListener("abort", stop);
      disarm?.();
    }
  }

  /** Ends it and all that came from it at once. */
  kill(why: string): void {
    this.#why ??= why;
    void endTree(this.#tree, { graceMs: 0, clock: this.#clock });
  }

  /** Has the module close itself within `graceMs`, and ends the process in any case. */
  async close(graceMs: number): Promise<void> {
    const isAsked = this.#answered !== undefined; // a call that outlasted all grace is not waited for
    if (isAsked) this.kill("the server was stopped");
    if (this.alive) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const disarm = this.#clock.after(graceMs, resolve);
      this.#answered = () => resolve();
      this.#frames.write(frameOf({ kind: "close" } satisfies ProviderRequest));
      await Promise.race([promise, this.ended]);
      disarm();
      this.kill("the server was stopped");
    }
    await this.ended;
  }

  #readFrames(): void {
    const reader = new FrameReader(ANSWER_BYTES);
    this.#frames.on("error", () => undefined); // its end is told
    this.#frames.on("data", (piece: Buffer) => {
      if (!this.alive) return;
      try {
        for (const message of reader.take(piece)) this.#take(message);
      } catch (error) {
        this.kill(`it does not speak as it has to: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }

  #take(message: unknown): void {
    const reply = readReply(message);
    const answered = this.#answered;
    if ("problem" in reply) throw new Error(reply.problem);
    if (answered === undefined) throw new Error("it said something without being asked");
    this.#answered = undefined;
    answered(reply);
  }

  async #untilEnded(): Promise<string> {
    const seen = await new Promise<string>((resolve) => {
      this.#child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    await this.#lastFrames();
    this.#how = this.#why === undefined ? seen : `${seen}: ${this.#why}`;
    this.#answered?.({ kind: "died", how: this.#how });
    this.#frames.destroy();
    await endTree(this.#tree, { graceMs: 0, clock: this.#clock });
    return this.#how;
  }

  /** What it said just before its end may still be in the pipe. */
  async #lastFrames(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const disarm = this.#clock.after(LAST_FRAMES_MS, resolve);
    this.#frames.once("close", resolve);
    if (!this.#frames.closed) await promise;
    disarm();
  }

  async #closeWith(supervised: Supervised, cleanUp: readonly (() => void)[]): Promise<void> {
    await this.ended;
    for (const undo of cleanUp) undo();
    supervised.close();
  }

  /** What a burst takes between two looks is left to the kernel, which was told to take this process first. */
  #watchMemory(memoryBytes: number): () => void {
    const table = createProcessTable();
    let disarm: (() => void) | undefined;
    const look = (): void => {
      const used = table.memory(this.pid)?.now ?? 0;
      if (used > memoryBytes) {
        const [seen, most] = [used, memoryBytes].map((bytes) => Math.round(bytes / MEBIBYTE));
        this.kill(`it had ${seen} MiB of memory, and memory_mb permits ${most}`);
      } else disarm = this.#clock.after(LOOK_MS, look);
    };
    look();
    return () => disarm?.();
  }
}

function launch({ directory, environment, marker, memoryBytes }: ProviderProcessOptions): ChildProcess {
  const script = fileURLToPath(new URL(`./provider-main${extname(import.meta.url)}`, import.meta.url));
  const heapMebibytes = Math.floor(memoryBytes / MEBIBYTE);
  return spawn(process.execPath, [`--max-old-space-size=${heapMebibytes}`, script], {
    cwd: directory,
    env: { ...environment, [MARKER_NAME]: marker },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
    shell: false,
  });
}

function listen(stream: Readable, name: "stdout" | "stderr", { clock, onLine }: ProviderProcessOptions): void {
  const lines = new OutputLines({ clock, onLine: (line) => onLine(name, line) });
  stream.on("data", (piece: Buffer) => lines.take(piece));
  stream.on("error", () => undefined);
  stream.once("close", () => lines.end());
}
