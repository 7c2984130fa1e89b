import type { StepType } from "./step-type.ts";

/** Port: a set of step types that share what they need, such as a connection or a process of their own. */
export interface Provider {
  /** Names it in messages and in the log; a server has each name once. */
  readonly name: string;
  /** What it is able to do. The name of a step type is that of the capability; a server has each once. Known before `init`. */
  readonly stepTypes: readonly StepType[];
  /**
   * Makes ready what its steps need; called once, before any of them is performed. One that throws frees what it has taken
   * itself: `close` is not called after it. Absent = there is nothing to make ready.
   */
  readonly init?: () => Promise<void>;
  /** Frees what it holds; called once, also where `init` never was. Absent = it holds nothing. */
  readonly close?: () => Promise<void>;
}
