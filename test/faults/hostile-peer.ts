// A peer that is hostile as its parent says: `{name, address, milliseconds}` one after the other, each answered when it is over.
import { ATTACKS } from "./hostile-frames.ts";

/** What the peer is to do. */
export interface HostileOrder {
  readonly name: string;
  readonly address: string;
  readonly milliseconds: number;
}

process.on("message", ({ name, address, milliseconds }: HostileOrder) => {
  const end = performance.now() + milliseconds;
  const attack = ATTACKS[name]?.(address, () => performance.now() > end);
  void attack?.then(() => process.send?.("over"));
});
process.on("disconnect", () => process.exit(0));
