import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ScratchDirectory } from "../support/scratch-directory.ts";
import { lacks } from "../support/needs.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { fencedBlocks, textOf } from "./support/documents.ts";
import { commandsOf, isShown, runCommands, startCommand } from "./support/session.ts";
import type { SessionOptions, StayingCommand } from "./support/session.ts";

const README = textOf("README.md");
const BLOCKS = fencedBlocks(README).filter(({ marker }) => marker?.startsWith("run"));
const SETUP = BLOCKS.filter(({ marker }) => marker === "run: setup");
const SERVER = BLOCKS.filter(({ marker }) => marker === "run: server");

/** What the README names, and what stands for it here: a port of our own, and a state directory that is thrown away. */
const SHOWN_PORT = "7431";
const SHOWN_STATE = "examples/.verbatim";
const SHOWN_EXPORT = "examples/out/evidence";

let scratch: ScratchDirectory;
let state: string;
let port: string;
let session: SessionOptions;
let server: StayingCommand | undefined;

beforeAll(async () => {
  scratch = await scratchDirectory();
  state = join(scratch.path, "state");
  port = String(await freePort());
  session = {
    environment: {
      VERBATIM_STATE: state,
      NO_COLOR: "1",
      PYTHONDONTWRITEBYTECODE: "1",
      npm_config_loglevel: "error",
    },
    setup: SETUP.flatMap(({ text }) => commandsOf(text).map(({ command }) => command)),
  };
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  expect(existsSync(join(state, "server.json")), "the server is to take its word away when it stops").toBe(false);
  await scratch?.[Symbol.asyncDispose]();
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port: free } = listener.address() as AddressInfo; // it listens on TCP
  listener.close();
  await once(listener, "close");
  return free;
}

function here(text: string): string {
  const named = text.replaceAll(SHOWN_EXPORT, join(scratch.path, "evidence"));
  return named.replaceAll(SHOWN_STATE, state).replaceAll(SHOWN_PORT, port);
}

test("the README has one setup, one server, and commands of all the kinds that it speaks of", () => {
  expect(SETUP).toHaveLength(1);
  expect(SERVER).toHaveLength(1);
  const commands = BLOCKS.map(({ text }) => text).join("");
  for (const word of [
    "exec",
    "events",
    "show",
    "verify",
    "serve",
    "runs",
    "buf curl",
    "execute_job.py",
    "verify_log.py",
  ])
    expect(commands, word).toContain(word);
});

describe("each command of the README that is marked as running does what is shown below it", () => {
  test.for(BLOCKS.filter(({ marker }) => marker !== "run: setup"))(
    "the block at line $line of the README",
    async (block, { skip }) => {
      if (block.text.includes("python3") && lacks("Python's gRPC")) skip("Python's gRPC is not there");
      expect(block.language).toBe("console");
      const commands = commandsOf(here(block.text));
      if (block.marker === "run: server") {
        const [{ command, shown } = { command: "", shown: [] }] = commands;
        server = startCommand(command, session);
        expect(await server.said(shown[0] ?? "nothing is shown")).toContain(shown[0]);
        return;
      }
      const outputs = await runCommands(
        commands.map(({ command }) => command),
        session,
      );
      for (const [position, { command, shown }] of commands.entries()) {
        const output = outputs[position] ?? "(the shell ended before)";
        expect(isShown(output, shown), `$ ${command}\nshown:\n${shown.join("\n")}\nseen:\n${output}`).toBe(true);
      }
    },
  );
});
