import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { extname } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Clock } from "#model";
import { READY } from "./supervisor-protocol.ts";
import type { SupervisorMessage } from "./supervisor-protocol.ts";

/** A command that the supervisor knows of. */
export interface Supervised {
  /** Tells the pid; to be called in the turn in which the command was started. */
  started(pid: number): void;
  /** Nothing is left of the command, or it was never started. */
  close(): void;
}

/** A command that is to be known. */
export interface CommandToSupervise {
  readonly marker: string;
  readonly graceMs: number;
  /** Called if nobody watches over it any more: it has to be stopped. */
  readonly onLost: () => void;
}

/** What the supervisor is made with. */
export interface SupervisorOptions {
  readonly clock: Clock;
  /** Another script than the supervisor's own, for tests. */
  readonly script?: string;
}

const READY_MS = 20_000;
/** One that ends sooner after it was ready is not started again by itself. */
const STEADY_MS = 1000;

interface Running {
  readonly child: ChildProcess;
  readonly input: Writable;
  readonly readyAtMs: number;
}

/**
 * The process that ends commands when this one is killed: started with the first command, told of each before it is started,
 * and closed by the end of a pipe, which the system closes however this process ends. Without it no command is started; if it
 * ends it is started anew, and if that fails the commands that run are stopped.
 *
 * What escapes it is what escapes {@link createProcessTree}, and everything if both processes are killed at once.
 */
export class CommandSupervisor implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #script: string;
  readonly #open = new Map<number, CommandToSupervise & { pid?: number }>();
  #nextId = 1;
  #running: Promise<Running | { readonly problem: string }> | undefined;
  #closing = false;

  constructor({ clock, script }: SupervisorOptions) {
    this.#clock = clock;
    this.#script = script ?? fileURLToPath(new URL(`./supervisor-process${extname(import.meta.url)}`, import.meta.url));
  }

  /** Makes a command known before it is started; when it resolves, the system keeps the word even if this process dies. */
  async open(command: CommandToSupervise): Promise<Supervised | { readonly problem: string }> {
    const running = await (this.#running ??= this.#start());
    if ("problem" in running) {
      this.#running = undefined; // the next command may have more luck
      return running;
    }
    const id = this.#nextId;
    this.#nextId += 1;
    const entry: CommandToSupervise & { pid?: number } = { ...command };
    this.#open.set(id, entry);
    const { marker, graceMs } = command;
    const problem = await tell(running.input, { kind: "open", id, marker, graceMs });
    if (problem !== undefined) {
      this.#open.delete(id);
      return { problem: `the supervisor of commands cannot be told: ${problem}` };
    }
    return {
      started: (pid) => {
        entry.pid = pid;
        this.#tellRunning({ kind: "started", id, pid });
      },
      close: () => {
        if (this.#open.delete(id)) this.#tellRunning({ kind: "closed", id });
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    const running = await this.#running;
    if (running === undefined || "problem" in running) return;
    const { child, input } = running;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.ref();
    input.end();
    if (child.exitCode === null && child.signalCode === null) await ended;
  }

  #tellRunning(message: SupervisorMessage): void {
    void this.#running?.then((running) => ("input" in running ? tell(running.input, message) : undefined));
  }

  async #start(): Promise<Running | { readonly problem: string }> {
    const child = spawn(process.execPath, [this.#script], {
      stdio: ["pipe", "pipe", "ignore"],
      env: {},
      // Signals to the server's group, such as Ctrl-C, are not for it.
      detached: true,
    });
    const { stdin, stdout } = child;
    stdin.on("error", () => undefined); // it has ended, which is told below
    const problem = await this.#whenReady(child, stdout);
    if (problem !== undefined) {
      child.kill("SIGKILL");
      return { problem: `the supervisor of commands could not be started: ${problem}` };
    }
    // It must not keep the server running.
    for (const handle of [child, stdin, stdout] as readonly { unref?: () => void }[]) handle.unref?.(); // sockets have it
    const running = { child, input: stdin, readyAtMs: this.#clock.monotonicMs() };
    child.once("exit", () => this.#lost(running));
    return child.exitCode === null && child.signalCode === null ? running : { problem: "the supervisor ended at once" };
  }

  #whenReady(child: ChildProcess, output: Readable): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const disarm = this.#clock.after(READY_MS, () => resolve(`it was not ready within ${READY_MS} ms`));
    output.once("data", (said: Buffer) =>
      resolve(said.toString().startsWith(READY) ? undefined : "it said something else than that it is ready"),
    );
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended with ${String(code ?? signal)}`));
    return promise.finally(disarm);
  }

  #lost({ readyAtMs }: Running): void {
    this.#running = undefined;
    if (this.#closing || this.#open.size === 0) return;
    const again = this.#clock.monotonicMs() - readyAtMs >= STEADY_MS ? this.#start() : undefined;
    this.#running = again;
    void this.#takeOver(again);
  }

  /** Tells a new supervisor of all that run, or has them stopped. */
  async #takeOver(again: Promise<Running | { readonly problem: string }> | undefined): Promise<void> {
    const running = await again;
    const told =
      running !== undefined &&
      "input" in running &&
      (await Promise.all(
        [...this.#open].map(async ([id, { marker, graceMs, pid }]) => {
          const problem = await tell(running.input, { kind: "open", id, marker, graceMs });
          return problem ?? (pid === undefined ? undefined : await tell(running.input, { kind: "started", id, pid }));
        }),
      ).then((problems) => problems.every((problem) => problem === undefined)));
    if (told) return;
    if (this.#running === again) this.#running = undefined;
    for (const { onLost } of this.#open.values()) onLost();
  }
}

/** Resolves with what went wrong, or undefined once the system has the message. */
function tell(input: Writable, message: SupervisorMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    input.write(`${JSON.stringify(message)}\n`, (error) => resolve(error?.message));
  });
}
