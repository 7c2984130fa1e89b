import { spawn } from "node:child_process";
import { once } from "node:events";
import { ROOT } from "./documents.ts";

/** A command of a `console` block, and the output that is shown below it. */
export interface ShownCommand {
  readonly command: string;
  readonly shown: readonly string[];
}

/** Takes a `console` block apart: `$ ` begins a command, `> ` goes on with it, everything else is output. */
export function commandsOf(block: string): readonly ShownCommand[] {
  const commands: { command: string; shown: string[] }[] = [];
  let inCommand = false;
  for (const line of block.trimEnd().split("\n")) {
    const last = commands.at(-1);
    if (line.startsWith("$ ")) commands.push({ command: line.slice(2), shown: [] });
    else if (last === undefined) throw new Error(`a console block begins with a command, not with: ${line}`);
    else if (inCommand && line.startsWith("> ")) last.command += `\n${line.slice(2)}`;
    else last.shown.push(line);
    inCommand = line.startsWith("$ ") || (inCommand && line.startsWith("> "));
  }
  return commands;
}

/** What varies from run to run, and what stands for it. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME"],
  [/\b\d+\.\d+ ?s\b/g, "SECONDS"],
  [/(?<![\w-])[\w-]{43}(?![\w-])/g, "HASH"],
  [/[ \t]+/g, " "],
];

function normalised(line: string): string {
  return VARYING.reduce((text, [pattern, stand]) => text.replaceAll(pattern, stand), line).trim();
}

/**
 * Whether an output is what is shown: line by line, save for what varies (times, durations, hashes, blanks). `...` within a
 * line stands for anything in it, a line `...` for any lines.
 */
export function isShown(output: string, shown: readonly string[]): boolean {
  const lines = output.trimEnd().split("\n").map(normalised);
  const matches = (at: number, from: number): boolean => {
    const expected = shown[at];
    if (expected === undefined) return from === lines.length || (from === 0 && output.trim() === "");
    if (expected.trim() === "...") {
      return Array.from({ length: lines.length - from + 1 }, (_, skip) => from + skip).some((to) =>
        matches(at + 1, to),
      );
    }
    const line = lines[from];
    return line !== undefined && patternOf(expected).test(line) && matches(at + 1, from + 1);
  };
  return matches(0, 0);
}

function patternOf(expected: string): RegExp {
  const parts = expected.split("...").map((part) => normalised(`.${part}.`).slice(1, -1));
  const pattern = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  return new RegExp(`^${pattern.trim()}$`);
}

/** What the commands of a document run in. */
export interface SessionOptions {
  /** Variables beside those of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Commands that come before those of every block. */
  readonly setup: readonly string[];
}

const MARK = "@@end of command";

/** Runs commands one after the other in one shell, at the top of this repository; gives the output of each, both streams. */
export async function runCommands(commands: readonly string[], options: SessionOptions): Promise<readonly string[]> {
  const script = [...options.setup, ...commands.flatMap((command) => [command, `echo '${MARK}'`])].join("\n");
  const { child, output } = shell(script, options);
  await once(child, "close");
  return output().split(`${MARK}\n`).slice(0, commands.length);
}

/** A command that stays. Disposing it sends SIGTERM to its process group, and waits until nobody holds its output any more. */
export interface StayingCommand extends AsyncDisposable {
  /** Resolves with what it has said when it has said so much. */
  said(text: string): Promise<string>;
}

/** Starts a command that stays. */
export function startCommand(command: string, options: SessionOptions): StayingCommand {
  const { child, output } = shell([...options.setup, command].join("\n"), options);
  const closed = once(child, "close");
  return {
    async said(text) {
      while (!output().includes(text)) {
        const seen = await Promise.race([once(child.stdout, "data"), closed.then(() => undefined)]);
        if (seen === undefined) throw new Error(`it ended and said:\n${output()}`);
      }
      return output();
    },
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
      await closed;
    },
  };
}

function shell(script: string, { environment }: SessionOptions) {
  const child = spawn("bash", ["-c", `exec 2>&1\n${script}`], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { child, output: (): string => Buffer.concat(chunks).toString("utf8") };
}
