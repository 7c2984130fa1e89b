import { constants } from "node:os";
import type { Json } from "#model";
import type { StepOutput } from "../../step-handler.ts";
import { boundedError, failure } from "../failure.ts";
import type { FailureClass } from "../failure.ts";
import type { OutputCapture } from "./output-capture.ts";
import type { CommandEnd } from "./run-command.ts";

/**
 * What a step says of its command. `output` is
 * `{exit_code | signal, stdout, stderr, output_incomplete?, left_running_killed?, left_running?,
 * resources?, isolation}`; what the figures of `resources` are is said at {@link ResourceMeter}, and `isolation` is what
 * {@link SeenIsolation} records.
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
  if (end.kind !== "ended") return describeNotInside(end, { program: context.program, lastLine: stderr.lastLine() });
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
    ...(end.isolation === undefined ? {} : { isolation: end.isolation }),
  };
  if (end.stopped) return { success: false, output, error: "stopped before its end", errorClass: "unknown" };
  if (end.exitCode !== undefined && context.expectedExitCodes.includes(end.exitCode)) return { success: true, output };
  const what = `${howItEnded(end)}${limitReached(end)}`;
  return {
    success: false,
    output,
    error: boundedError(lastLine === "" ? what : `${what}: ${lastLine}`),
    errorClass: "unknown",
  };
}

type Ended = Extract<CommandEnd, { readonly kind: "ended" }>;

function howItEnded({ exitCode, signal }: Ended): string {
  return exitCode === undefined ? `killed by ${signal ?? "a signal"}` : `exited with code ${exitCode}`;
}

/** Signals by which the kernel tells that a limit was reached. A shell says 128 more than the signal by which its program ended. */
const LIMIT_SIGNALS = [
  { signal: "SIGXCPU", exitCode: 128 + constants.signals.SIGXCPU, limit: "cpu_seconds" },
  { signal: "SIGXFSZ", exitCode: 128 + constants.signals.SIGXFSZ, limit: "file_bytes" },
] as const;

function limitReached({ exitCode, signal, isolation }: Ended): string {
  if (isolation === undefined || isolation["level"] === "group") return "";
  const reached = LIMIT_SIGNALS.find((one) => one.signal === signal || one.exitCode === exitCode);
  if (reached === undefined) return "";
  return exitCode === undefined
    ? ` (it reached its limit ${reached.limit})`
    : ` (as after ${reached.signal}: a process of it reached its limit ${reached.limit})`;
}

/** The program did not begin: nothing that it does has been done. */
function describeNotInside(
  end: Extract<CommandEnd, { readonly kind: "not_isolated" | "not_entered" }>,
  { program, lastLine }: { readonly program: string; readonly lastLine: string },
): StepOutput {
  const what = `cannot start "${program.slice(0, 200)}" with isolation ${end.level}`;
  if (end.kind === "not_isolated" && end.lacks.length > 0)
    return failure(`${what}: what the kernel shows is less: ${end.lacks.join("; ")}`, "sandbox_violation");
  const why = lastLine === "" ? "nothing was said about why" : lastLine;
  if (end.kind === "not_isolated") return failure(`${what}: ${why}`, "transient_io");
  return failure(`${what}: ${why} (code ${end.exitCode})`, "permanent");
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
