import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { exitOfSignal } from "./exit-codes.ts";
import type { Session } from "./session.ts";

/** What the commands are declared with. */
export interface Declaring {
  readonly program: Command;
  readonly session: Session;
  /** Told the exit code of the command that ran. */
  readonly onEnd: (code: number) => void;
}

/** The flags that say where the machine is. */
export const PLACE = {
  config: ["--config <file>", "configuration file (default: verbatim.yaml)"],
  state: ["--state <dir>", "state directory (default: .verbatim)"],
  server: [
    "--server <address>",
    "a running server, unix:/path or host:port (default: the one of the state directory, else none)",
  ],
} as const;

/** The flags for a server that speaks TLS. */
export const TLS = {
  ca: ["--ca <file>", "CAs that the server's certificate has to be signed by, PEM (with --server)"],
  cert: ["--cert <file>", "the client's certificate, PEM, where the server asks for one"],
  key: ["--key, --cert-key <file>", "its private key, PEM"],
  onlyKey: ["--cert-key <file>", "its private key, PEM"],
  insecure: ["--insecure", "say aloud: a server off this machine is called without TLS"],
} as const;

/** The flag that asks for JSON. */
export const JSON_FLAG = ["--json", "JSON on standard output"] as const;

/** Gives a command the flags of those that talk to a machine. `hasKey`: it has a flag --key of its own. */
export function placed(command: Command, { hasKey = false } = {}): Command {
  const [keyFlag, keyText] = hasKey ? TLS.onlyKey : TLS.key;
  return command
    .option(...PLACE.config)
    .option(...PLACE.state)
    .option(...PLACE.server)
    .option(...TLS.ca)
    .option(...TLS.cert)
    .option(keyFlag, keyText)
    .option(...TLS.insecure)
    .option(...JSON_FLAG);
}

/** The same for commands that read a state directory's files themselves. */
export function inState(command: Command): Command {
  return command
    .option(...PLACE.config)
    .option(...PLACE.state)
    .option(...JSON_FLAG);
}

/** For commands that leave nothing behind: the first signal ends them at once. */
export async function unlessInterrupted({ host }: Session, command: Promise<number>): Promise<number> {
  const { interrupted } = host;
  const { promise: left, resolve } = Promise.withResolvers<number>();
  const leave = (): void => resolve(exitOfSignal(interrupted.reason));
  if (interrupted.aborted) leave();
  interrupted.addEventListener("abort", leave);
  try {
    return await Promise.race([command, left]);
  } finally {
    interrupted.removeEventListener("abort", leave);
  }
}

/** Reads a flag that may be given several times. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Reads a whole number, 0 or more. @throws {InvalidArgumentError} */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("Expected a whole number, 0 or more.");
}

/** Most that a list has. */
export const LISTED_AT_MOST = 10_000;

/** Reads how many are listed at most. @throws {InvalidArgumentError} */
export function listLimit(text: string): number {
  const value = wholeNumber(text);
  if (value >= 1 && value <= LISTED_AT_MOST) return value;
  throw new InvalidArgumentError(`Expected a number from 1 to ${LISTED_AT_MOST}.`);
}
