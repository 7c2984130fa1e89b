import { readFileSync } from "node:fs";

/** What a trace tells, in order: a sync of a file that ended, or a line of answer that was written to stdout. */
export interface TracedCall {
  readonly kind: "sync" | "answer";
  /** Of the file that was synced; empty for an answer. */
  readonly path: string;
  /** What the system answered: `0`, or `-1 EIO (...)`. */
  readonly answer: string;
}

const WHOLE = /^(?<pid>\d+) +(?<call>\w+)\((?<fd>\d+)<(?<path>[^>]*)>.*\) += (?<answer>.*)$/;
const BEGUN = /^(?<pid>\d+) +(?<call>\w+)\((?<fd>\d+)<(?<path>[^>]*)>.*<unfinished \.\.\.>$/;
const RESUMED = /^(?<pid>\d+) +<\.\.\. (?<call>\w+) resumed>.*\) += (?<answer>.*)$/;

/** Options of strace for a trace that {@link tracedCalls} can read. */
export function syncTrace(file: string, ...more: readonly string[]): readonly string[] {
  return ["-f", "-qq", "-y", "-e", "trace=fdatasync,fsync,write", "-e", "signal=none", "-o", file, ...more];
}

/** Reads a trace. A call that another thread interrupted in the trace counts where it ended. */
export function tracedCalls(file: string): readonly TracedCall[] {
  const begun = new Map<string, { readonly fd: string; readonly path: string }>();
  const calls: TracedCall[] = [];
  const take = (call: string, fd: string, ended: Omit<TracedCall, "kind">): void => {
    if (call === "fsync" || call === "fdatasync") calls.push({ kind: "sync", ...ended });
    if (call === "write" && fd === "1") calls.push({ kind: "answer", path: "", answer: ended.answer });
  };
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const whole = WHOLE.exec(line)?.groups;
    const start = BEGUN.exec(line)?.groups;
    const end = RESUMED.exec(line)?.groups;
    if (whole !== undefined) {
      const { call = "", fd = "", path = "", answer = "" } = whole;
      take(call, fd, { path, answer });
    } else if (start !== undefined) begun.set(start["pid"] ?? "", { fd: start["fd"] ?? "", path: start["path"] ?? "" });
    else if (end !== undefined) {
      const { fd = "", path = "" } = begun.get(end["pid"] ?? "") ?? {};
      take(end["call"] ?? "", fd, { path, answer: end["answer"] ?? "" });
    }
  }
  return calls;
}
