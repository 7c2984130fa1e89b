/**
 * What a server tells its supervisor, one JSON object a line: that a command is about to be started, how it is found, its pid
 * once it has one, and that nothing is left of it.
 */
export type SupervisorMessage =
  | {
      readonly kind: "open";
      /** Unique in this server. */
      readonly id: number;
      /** `NAME=value` in the environment of the command and of what comes from it. */
      readonly marker: string;
      /** Milliseconds between TERM and KILL. */
      readonly graceMs: number;
    }
  | { readonly kind: "started"; readonly id: number; readonly pid: number }
  | { readonly kind: "closed"; readonly id: number };

/** The line by which the supervisor says that it reads. */
export const READY = "ready";
