import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, glob, rm } from "node:fs/promises";
import { join } from "node:path";
import { getuid } from "node:process";
import pg from "pg";
import { freePort, startDatabase } from "./database-process.ts";
import type { DatabaseServer } from "./database-process.ts";
import { scratchDirectory } from "./scratch-directory.ts";

const USER = "verbatim";
const MEMORY_DISK = "/dev/shm";

/** How a server is started. */
export interface PostgresSettings {
  /** Whether a commit is synced: to a disk in memory where there is one, or to the real `disk`. Default false. */
  readonly syncs?: boolean | "disk";
  /** As on its command line, `name=value`. */
  readonly settings?: readonly string[];
}

/** The user and the group that own nothing: PostgreSQL refuses to be run by root. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/**
 * A PostgreSQL of its own on a free port. Unless it is told to, it syncs nothing: what it has written outlives its process, and
 * not the machine.
 * @throws {Error} if PostgreSQL is not installed.
 */
export async function startPostgres({
  syncs = false,
  settings: more = [],
}: PostgresSettings = {}): Promise<DatabaseServer> {
  const programs = await newestPrograms();
  const directory = await scratchDirectory(syncs === true && existsSync(MEMORY_DISK) ? MEMORY_DISK : undefined);
  const user = getuid?.() === 0 ? NOBODY : {};
  if (user === NOBODY) await chown(directory.path, NOBODY.uid, NOBODY.gid);
  const data = join(directory.path, "data");
  const initialise = async (): Promise<void> => {
    await rm(data, { recursive: true, force: true });
    const words = ["-D", data, "-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"];
    const { status, stderr } = spawnSync(join(programs, "initdb"), words, { ...user, cwd: directory.path });
    if (status !== 0) throw new Error(`initdb ended with ${status}:\n${stderr.toString()}`);
  };
  await initialise();
  const port = await freePort();
  const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  const fsync = syncs !== false ? [] : ["fsync=off"];
  const settings = [...fsync, "listen_addresses=127.0.0.1", `unix_socket_directories=${directory.path}`, ...more];
  return await startDatabase({
    command: [join(programs, "postgres"), "-D", data, "-p", `${port}`, ...settings.flatMap((word) => ["-c", word])],
    url,
    user,
    answers: async () => await answers(url),
    empty: initialise,
    remove: async () => await directory[Symbol.asyncDispose](),
  });
}

async function newestPrograms(): Promise<string> {
  const found = await Array.fromAsync(glob("/usr/lib/postgresql/*/bin"));
  const newest = found.toSorted((one, other) => one.localeCompare(other, "en", { numeric: true })).at(-1);
  if (newest === undefined)
    throw new Error("PostgreSQL is not there, and this test needs it: apt-get install -y postgresql");
  return newest;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
