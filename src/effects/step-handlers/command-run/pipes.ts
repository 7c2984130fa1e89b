import { spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One pipe: the child is given `writeFd`, Verbatim reads `readFd`. */
export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

/** Hands out pipes. */
export interface PipePool {
  /** A fresh pipe, or undefined where none can be made; whoever takes it closes both ends. */
  take(): Promise<Pipe | undefined>;
  /** Closes those that nobody took. */
  close(): void;
}

const PIPES_PER_BATCH = 32;

/**
 * Makes real pipes. Node connects a child by sockets, and a socket cannot be opened as `/dev/stdout`: a script that says
 * `echo oops > /dev/stderr` fails. Node has no call for a pipe, so `mkfifo` makes named ones, many at a time, which lose
 * their name before they are used.
 *
 * @param mkfifo - the program; where it cannot be run the pool is empty and the caller falls back to sockets.
 */
export function createPipePool(mkfifo = "mkfifo"): PipePool {
  let pipes: Pipe[] = [];
  let making: Promise<number> | undefined;
  let closed = false;
  async function make(): Promise<number> {
    const made = await makePipes(mkfifo);
    making = undefined;
    if (closed) made.forEach(closePipe);
    else pipes.push(...made);
    return closed ? 0 : made.length;
  }
  return {
    async take() {
      while (pipes.length === 0) {
        making ??= make();
        if ((await making) === 0) return undefined;
      }
      return pipes.pop();
    },
    close() {
      closed = true;
      pipes.forEach(closePipe);
      pipes = [];
    },
  };
}

/** Closes both ends. */
export function closePipe(pipe: Pipe): void {
  closeSync(pipe.readFd);
  closeSync(pipe.writeFd);
}

/** The reading end as a stream that owns its file descriptor. */
export function readerOf(pipe: Pipe): Socket {
  return new Socket({ fd: pipe.readFd, readable: true, writable: false });
}

async function makePipes(mkfifo: string): Promise<Pipe[]> {
  let directory: string | undefined;
  try {
    directory = mkdtempSync(join(tmpdir(), "verbatim-pipes-"));
    const names = Array.from({ length: PIPES_PER_BATCH }, (_, index) => join(String(directory), String(index)));
    await run(mkfifo, ["-m", "600", ...names]);
    return openAll(names);
  } catch {
    return [];
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

/** All or none, so that a failure half-way leaks nothing. */
function openAll(names: readonly string[]): Pipe[] {
  const opened: number[] = [];
  const open = (name: string, flags: number): number => {
    const descriptor = openSync(name, flags);
    opened.push(descriptor);
    return descriptor;
  };
  try {
    // First a reader that does not wait for a writer; then the writer finds a reader and does not wait either.
    return names.map((name) => ({
      readFd: open(name, constants.O_RDONLY | constants.O_NONBLOCK),
      writeFd: open(name, constants.O_WRONLY),
    }));
  } catch (error) {
    for (const descriptor of opened) closeSync(descriptor);
    throw error;
  }
}

function run(program: string, argv: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { stdio: "ignore", env: { PATH: "/usr/local/bin:/usr/bin:/bin" } });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} exited with ${String(code)}`)),
    );
  });
}
