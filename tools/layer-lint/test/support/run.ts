import type { Io } from "../../src/commands/cli.ts";
import { runCommandLine } from "../../src/command-line.ts";

/** The day on which the tests run the commands. */
export const TODAY = "2026-11-25";

/** How a command ended, and what it said. */
export interface Run {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process, without colours, on {@link TODAY}. */
export async function run(args: readonly string[], world: Partial<Io> = {}): Promise<Run> {
  let [out, err] = ["", ""];
  const status = await runCommandLine(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    environment: {},
    isTerminal: false,
    today: TODAY,
    interrupted: () => new AbortController().signal,
    ...world,
  });
  return { status, out, err };
}
