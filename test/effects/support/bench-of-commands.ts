import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCommandHost, createCommandRun } from "#effects";
import type { CommandRun, CommandRunOptions, ExecutionContext, StepOutput } from "#effects";
import type { JsonObject } from "#model";
import { realClock } from "./clock.ts";

/** What one stream left in a step's output. */
export interface SeenStream {
  readonly text?: string;
  readonly base64?: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly truncated: boolean;
}

/** A step's output as its documentation describes it. */
export interface SeenOutput {
  readonly exit_code?: number;
  readonly signal?: string;
  readonly stdout: SeenStream;
  readonly stderr: SeenStream;
  readonly output_incomplete?: true;
  readonly left_running_killed?: number;
  readonly left_running?: number;
}

/** A `command.run` over a fresh directory, removed when disposed. */
export interface Bench extends AsyncDisposable {
  /** A real path; the only directory in which commands may run. */
  readonly directory: string;
  readonly commandRun: CommandRun;
  /** Names this bench's processes: it stands in the environment of each. */
  readonly key: string;
  run(parameters: JsonObject, signal?: AbortSignal): Promise<StepOutput>;
  /** As `run`, and says that there is an output. */
  output(parameters: JsonObject, signal?: AbortSignal): Promise<SeenOutput>;
}

/** One for all benches of a file; it ends with the process that runs the tests. */
const host = createCommandHost({ clock: realClock });

/** A bench that permits every program; `options` replaces what it gives. */
export function createBench(options: Partial<CommandRunOptions> = {}): Bench {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "verbatim-command-run-")));
  const commandRun = createCommandRun({
    executables: ["*"],
    workingDirectories: [directory],
    environment: { values: { PATH: "/usr/bin:/bin" } },
    killGraceMs: 200,
    clock: realClock,
    host,
    ...options,
  });
  const key = `${directory.split("/").at(-1) ?? ""}/0`;
  const run = async (parameters: JsonObject, signal = new AbortController().signal): Promise<StepOutput> =>
    commandRun.handler.execute(stepOf(parameters), contextOf(key), { signal });
  return {
    directory,
    commandRun,
    key,
    run,
    async output(parameters, signal) {
      // The shape is what the tests look at; a member that is not there fails them.
      return (await run(parameters, signal)).output as unknown as SeenOutput;
    },
    async [Symbol.asyncDispose]() {
      await commandRun[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function stepOf(parameters: JsonObject) {
  return { stepIndex: 0, stepType: "command.run", target: "a command", parameters, timeoutSeconds: 300 };
}

/** A context whose job id is the part of `key` before the slash. */
export function contextOf(key: string): ExecutionContext {
  return {
    jobId: key.split("/")[0] ?? "",
    contractId: "contract-1",
    stepIndex: 0,
    stepType: "command.run",
    target: "a command",
    executedBy: "a test",
    startedAt: "2026-11-21T00:00:00.000Z",
    idempotencyKey: key,
  };
}

/** `argv` that has `sh` read `script`, with `words` as `$1`, `$2`, ... */
export function sh(script: string, ...words: string[]): string[] {
  return ["sh", "-c", script, "sh", ...words];
}
