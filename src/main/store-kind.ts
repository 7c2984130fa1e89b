import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeDurably } from "#evidence";
import { Fault } from "#model";

/** Names the store that a state directory holds. */
const FILE = "store";

/**
 * One state directory holds one kind of store for ever: in another one, the job ids that were used would be free again.
 * @throws {Fault} INVALID_CONFIGURATION if the directory holds another kind.
 */
export function requireStoreKind(state: string, kind: string): void {
  const path = join(state, FILE);
  if (kind === "memory" || !existsSync(path)) return;
  const held = readFileSync(path, "utf8").trim();
  if (held === kind) return;
  throw new Fault(
    "INVALID_CONFIGURATION",
    `The state directory ${state} holds a ${held} store, and the configuration says ${kind}: a job id that was used in one would be free in the other. Say store: ${held}, or choose another state directory.`,
  );
}

/** Whether a state directory was used before. */
export function holdsStore(state: string): boolean {
  return existsSync(join(state, FILE));
}

/** Writes down which store the directory holds, once and durably; called when its lock is held. */
export function claimStoreKind(state: string, kind: string): void {
  if (kind === "memory") return;
  requireStoreKind(state, kind);
  const path = join(state, FILE);
  if (!existsSync(path)) writeDurably(path, Buffer.from(`${kind}\n`));
}
