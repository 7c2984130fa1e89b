import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, startDatabase } from "./database-process.ts";
import type { DatabaseServer } from "./database-process.ts";
import { scratchDirectory } from "./scratch-directory.ts";

/**
 * A Redis of its own on a free port, which syncs every command (`appendfsync always`).
 * @throws {Error} if Redis is not installed.
 */
export async function startRedis(): Promise<DatabaseServer> {
  if (spawnSync("redis-server", ["--version"]).status !== 0)
    throw new Error("redis-server is not there, and this test needs it: apt-get install -y redis-server");
  const directory = await scratchDirectory();
  const port = await freePort();
  const settings = { port, bind: "127.0.0.1", dir: directory.path, appendonly: "yes", appendfsync: "always", save: "" };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return await startDatabase({
    command: ["redis-server", ...words],
    url: `redis://127.0.0.1:${port}`,
    user: {},
    answers: async () => await pong(port),
    empty: async () => await rm(join(directory.path, "appendonlydir"), { recursive: true, force: true }),
    remove: async () => await directory[Symbol.asyncDispose](),
  });
}

async function pong(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.on("error", () => resolve(false)).on("close", () => resolve(false));
  socket.on("data", (chunk) => resolve(chunk.toString().startsWith("+PONG")));
  socket.write("PING\r\n");
  const answer = await promise;
  socket.destroy();
  return answer;
}
