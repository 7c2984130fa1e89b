import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, glob, rm } from "node:fs/promises";
import { join } from "node:path";
import { getuid } from "node:process";
import { text } from "node:stream/consumers";
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
export async function startPostgres(settings: PostgresSettings = {}): Promise<DatabaseServer> {
  const words = ["-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"];
  return await startOver(settings, { program: "initdb", words: (data) => ["-D", data, ...words] });
}

/** A server that has what another one has. */
export interface StandbyServer extends DatabaseServer {
  /** Makes it one that is written to; resolves when it is. */
  promote(): Promise<void>;
}

/**
 * A standby that streams from `primary` under `name`, with all that is there already. In `synchronous_standby_names` of the primary
 * the name makes each commit wait for it.
 */
export async function startStandby(
  primary: { readonly url: string; readonly name: string },
  settings: PostgresSettings = {},
): Promise<StandbyServer> {
  const from = `${primary.url}?application_name=${primary.name}`;
  const words = ["-d", from, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"];
  const server = await startOver(settings, { program: "pg_basebackup", words: (data) => ["-D", data, ...words] });
  return { ...server, promote: async () => void (await ask(server.url, "SELECT pg_promote(true, 30)")) };
}

/** What makes the directory that a server is started over. */
interface Maker {
  readonly program: "initdb" | "pg_basebackup";
  readonly words: (data: string) => readonly string[];
}

async function startOver(
  { syncs = false, settings: more = [] }: PostgresSettings,
  maker: Maker,
): Promise<DatabaseServer> {
  const programs = await newestPrograms();
  const directory = await scratchDirectory(syncs === true && existsSync(MEMORY_DISK) ? MEMORY_DISK : undefined);
  const user = getuid?.() === 0 ? NOBODY : {};
  if (user === NOBODY) await chown(directory.path, NOBODY.uid, NOBODY.gid);
  const data = join(directory.path, "data");
  const make = async (): Promise<void> => {
    await rm(data, { recursive: true, force: true });
    const program = join(programs, maker.program);
    const child = spawn(program, maker.words(data), {
      ...user,
      cwd: directory.path,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const said = text(child.stderr);
    const [code] = (await once(child, "close")) as [number | null]; // as Node documents the event
    if (code !== 0) throw new Error(`${maker.program} ended with ${code}:\n${await said}`);
  };
  await make();
  const port = await freePort();
  const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  const fsync = syncs !== false ? [] : ["fsync=off"];
  const settings = [...fsync, "listen_addresses=127.0.0.1", `unix_socket_directories=${directory.path}`, ...more];
  return await startDatabase({
    command: [join(programs, "postgres"), "-D", data, "-p", `${port}`, ...settings.flatMap((word) => ["-c", word])],
    url,
    user,
    answers: async () => await ask(url, "SELECT 1"),
    empty: make,
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

/** Whether it was answered. */
async function ask(connectionString: string, statement: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(statement);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
