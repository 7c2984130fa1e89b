import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "#model";
import { writeDurably } from "../../durable-file.ts";

/** Names the state directory among those that use one database. */
const OWNER_FILE = "owner.id";
/** Names the tables that the state directory has used. */
const STORE_FILE = "store.id";

/** The name of the state directory, which it is given once; its lock is held. */
export function ownerOf(directory: string, newName: () => string): string {
  return namedOnce(join(directory, OWNER_FILE), newName());
}

/**
 * One state directory uses one database for ever: in another one, the job ids that were used would be free again.
 * @throws {Fault} INVALID_CONFIGURATION if it has used another one.
 */
export function requireSameStore(directory: string, id: string): void {
  const held = namedOnce(join(directory, STORE_FILE), id);
  if (held === id) return;
  throw new Fault(
    "INVALID_CONFIGURATION",
    `The state directory ${directory} belongs to the evidence store ${held}, and the configured schema holds ${id}: a job id that was used in one would be free in the other. Name the first one, or choose another state directory.`,
  );
}

function namedOnce(path: string, name: string): string {
  if (existsSync(path)) return readFileSync(path, "utf8").trim();
  writeDurably(path, Buffer.from(`${name}\n`));
  return name;
}
