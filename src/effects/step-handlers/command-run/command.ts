import type { Bare, Wrapped } from "./isolation/isolation.ts";

/** A command with every question answered: nothing is looked up any more. */
export interface Command extends Bare {
  /** How it is started at a level above `group`; absent = by itself, at that level. */
  readonly wrapped?: Wrapped | undefined;
}
