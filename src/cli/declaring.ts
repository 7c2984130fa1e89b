import type { Command } from "commander";
import type { Session } from "./session.ts";

/** What the commands are declared with. */
export interface Declaring {
  readonly program: Command;
  readonly session: Session;
  /** Told the exit code of the command that ran. */
  readonly onEnd: (code: number) => void;
}
