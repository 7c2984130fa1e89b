import { chmod, lstat, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import type { Server } from "node:net";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import { Fault } from "#model";
import type { Address } from "./address.ts";
import { addressText } from "./address.ts";
import { cannotListen, listening } from "./listening.ts";

/**
 * Listens on a unix socket that only this user can reach, and tells where. It is made in a directory of mode 0700, set to 0600, and
 * moved to its place. A missing parent is made with 0700. A socket file on which nobody answers is replaced.
 * @throws {Fault} STATE_LOCKED if somebody answers there; INVALID_CONFIGURATION if something else is there.
 */
export async function listenOnSocket(server: Server, address: Address & { kind: "unix" }): Promise<string> {
  try {
    await makeParent(dirname(address.path));
    await refuseIfTaken(address.path);
    await listenInPrivate(server, address.path);
  } catch (error) {
    throw cannotListen(error);
  }
  return addressText(address);
}

/** The parent alone: Node's own way of making all that is missing above it never ends below `/proc`. */
async function makeParent(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

async function listenInPrivate(server: Server, path: string): Promise<void> {
  const directory = await mkdtemp(join(dirname(path), ".s"));
  try {
    const draft = join(directory, "s");
    await listening(server, { path: draft });
    await chmod(draft, 0o600);
    await rename(draft, path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Removes the socket file of a server that has closed. */
export async function removeSocket(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** What is there may be replaced only if it is a socket on which nobody answers. */
async function refuseIfTaken(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new Fault("INVALID_CONFIGURATION", `${path} is there and is no socket. Name another path, or remove it.`);
  }
  if (await answers(path)) {
    throw new Fault("STATE_LOCKED", `Another server answers on ${basename(path)} in ${dirname(path)}. Stop it first.`);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // Refused means that nobody listens; anything else (no permission) is no reason to replace the file.
    socket.once("error", (error) => resolve(!("code" in error && error.code === "ECONNREFUSED")));
  });
}
