import { runCli } from "../../../src/cli/index.ts";
import type { Connection } from "../../../src/cli/index.ts";
import { systemClock } from "../../api/support/house.ts";
import type { House } from "../../api/support/house.ts";
import { fakeHost } from "./fake-host.ts";
import type { FakeHost } from "./fake-host.ts";

/** How a command ended, and what it wrote. */
export interface CommandEnd {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command that talks to the server of a house. */
export interface HouseCommand {
  readonly fake: FakeHost;
  readonly ended: Promise<CommandEnd>;
}

/** A connection that leaves the house as it is when it is disposed. */
export function connectionTo({ client }: House): Connection {
  return { client, where: "the house", [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Starts a command in this process; the house is the running server that it finds. */
export function startCommand(house: House, argv: readonly string[], input = ""): HouseCommand {
  const fake = fakeHost({
    argv,
    clock: systemClock,
    stdin: bytesOf(input),
    connect: () => Promise.resolve(connectionTo(house)),
  });
  const ended = runCli(fake.host).then((code) => ({ code, out: fake.stdout.text, err: fake.stderr.text }));
  return { fake, ended };
}

/** Runs a command to its end. */
export async function runCommand(house: House, argv: readonly string[], input?: string): Promise<CommandEnd> {
  return await startCommand(house, argv, input).ended;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(text);
}
