import type { CliHost } from "./host.ts";
import { exitOfSignal } from "./exit-codes.ts";
import { Output } from "./output.ts";
import type { Session } from "./session.ts";

/**
 * Runs one command of `verbatim` and resolves with its exit code; never rejects. A command that only reads is left at the
 * first signal, every command at the second: what it has begun is to end with the process.
 */
export async function runCli(host: CliHost): Promise<number> {
  const words = host.argv.includes("--") ? host.argv.slice(0, host.argv.indexOf("--")) : host.argv;
  const session: Session = {
    host,
    stdout: new Output(host.stdout, host),
    stderr: new Output(host.stderr, host),
    json: words.includes("--json"), // also where the command line itself is not understood
  };
  const left = Promise.withResolvers<number>();
  const leave = (): void => left.resolve(exitOfSignal(host.interruptedAgain.reason));
  if (host.interruptedAgain.aborted) leave();
  host.interruptedAgain.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([run(session), left.promise]);
  } finally {
    host.interruptedAgain.removeEventListener("abort", leave);
  }
}

async function run(session: Session): Promise<number> {
  try {
    const { runProgram } = await import("./program.ts");
    return await runProgram(session);
  } catch (error) {
    const { tellError } = await import("./tell-error.ts");
    return await tellError(error, session);
  }
}
