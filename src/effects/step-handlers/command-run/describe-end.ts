import type { Json } from "#model";
import type { StepOutput } from "../../step-handler.ts";
import { boundedError, failure } from "../failure.ts";
import type { FailureClass } from "../failure.ts";
import type { OutputCapture } from "./output-capture.ts";
import type { CommandEnd } from "./run-command.ts";

/**
 * What a step says of its command. `output` is
 * `{exit_code | signal, stdout, stderr, output_incomplete?, left_running_killed?, left_running?,
 * resources?}`; what the figures of `resources` are is said at {@link ResourceMeter}.
 */
export function describeEnd(
  end: CommandEnd,
  context: {
    readonly program: string;
    readonly capture: OutputCapture;
    readonly expectedExitCodes: readonly number[];
    /** Whether the error may tell the last line of stderr. */
    readonly quotesStderr: boolean;
  },
): StepOutput {
  if (end.kind === "not_started") return describeNotStarted(end.cause, context.program);
  const { stdout, stderr } = context.capture;
  const lastLine = context.quotesStderr ? stderr.lastLine() : "";
  const { ended, survivors } = end.leftRunning;
  const output: Json = {
    ...(end.exitCode === undefined ? { signal: end.signal ?? "unknown" } : { exit_code: end.exitCode }),
    stdout: stdout.finish(),
    stderr: stderr.finish(),
    ...(end.outputIncomplete ? { output_incomplete: true } : {}),
    ...(ended > 0 && !end.stopped ? { left_running_killed: ended } : {}),
    ...(survivors > 0 ? { left_running: survivors } : {}),
    ...(end.resources === undefined ? {} : { resources: end.resources }),
  };
  if (end.stopped) return { success: false, output, error: "stopped before its end", errorClass: "unknown" };
  if (end.exitCode !== undefined && context.expectedExitCodes.includes(end.exitCode)) return { success: true, output };
  const what =
    end.exitCode === undefined ? `killed by ${end.signal ?? "a signal"}` : `exited with code ${end.exitCode}`;
  return {
    success: false,
    output,
    error: boundedError(lastLine === "" ? what : `${what}: ${lastLine}`),
    errorClass: "unknown",
  };
}

/** Why a program cannot be started, by the system's code, and whether another try may go better. */
const START_FAILURES: Readonly<Record<string, readonly [reason: string, errorClass: FailureClass]>> = {
  ENOENT: ["there is no such file, or the interpreter that its first line names does not exist", "permanent"],
  ENOTDIR: ["a part of its path is not a directory", "permanent"],
  EACCES: ["it is not an executable file, or a directory on the way to it may not be entered", "permanent"],
  EPERM: ["the system does not permit it", "permanent"],
  E2BIG: ["its arguments and environment together are larger than the system takes", "permanent"],
  ELOOP: ["its path has too many symbolic links", "permanent"],
  EAGAIN: ["the system has no room for another process", "transient_io"],
  ENOMEM: ["the system has no memory for another process", "transient_io"],
  EMFILE: ["this process has too many open files", "transient_io"],
  ENFILE: ["the system has too many open files", "transient_io"],
  ETXTBSY: ["the file is open for writing", "transient_io"],
};

function describeNotStarted(cause: unknown, program: string): StepOutput {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  const [reason, errorClass] = START_FAILURES[code] ?? ["the system refused", "unknown"];
  return failure(`cannot start "${program.slice(0, 200)}": ${reason} (${code})`, errorClass);
}
