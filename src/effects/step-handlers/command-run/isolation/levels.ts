/** How far a command is kept from its surroundings, from the weakest to the strongest; each gives what those before it give. */
export const ISOLATION_LEVELS = ["group", "limited", "sandbox"] as const;

/**
 * `group`: a process group of its own, ended as a whole. `limited`: bounds on what each process may use, no new privileges, and
 * another user where the server runs as root. `sandbox`: namespaces of its own, in which it sees the system read-only, writes in its
 * working directory alone, and reaches no network unless that is configured.
 */
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

/** Whether `level` gives all that `wanted` gives. */
export function isAtLeast(level: IsolationLevel, wanted: IsolationLevel): boolean {
  return ISOLATION_LEVELS.indexOf(level) >= ISOLATION_LEVELS.indexOf(wanted);
}

/** The stronger one of two. */
export function strongerOf(one: IsolationLevel, other: IsolationLevel): IsolationLevel {
  return isAtLeast(one, other) ? one : other;
}
