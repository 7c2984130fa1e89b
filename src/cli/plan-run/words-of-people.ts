import type { CliHost } from "../host.ts";

/** Who acts, where the system knows no name. */
const NAMELESS = "cli";

/** The flag that says who acts. */
export interface ActorFlags {
  /** Default: the user's name. */
  readonly actor?: string;
}

/** Who acts, for the record. */
export function actorOf({ actor }: ActorFlags, { userName }: CliHost): string {
  return actor ?? userName ?? NAMELESS;
}
