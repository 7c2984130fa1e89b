import type { SQLInputValue } from "node:sqlite";

/** A table, by the members of its rows; in it each has the same name in snake_case. */
export interface Table {
  readonly name: string;
  /** Members by which a row is known. */
  readonly keys: readonly string[];
  readonly members: readonly string[];
}

/** The tables of the history, without the number of the run that their rows begin with. */
export const TABLES = {
  jobs: {
    name: "jobs",
    keys: ["key"],
    members: ["key", "status", "attempts", "marked", "reason", "errorClass"],
  },
  attempts: {
    name: "attempts",
    keys: ["key", "attempt"],
    members:
      "key attempt jobId planHash status errorClass reason startedAt endedAt durationSeconds exitCode peakRssBytes cpuSeconds retryDelayMs".split(
        " ",
      ),
  },
  words: {
    name: "words",
    keys: ["seq"],
    members: ["seq", "kind", "jobKey", "status", "actor", "reason", "at"],
  },
} as const satisfies Record<string, Table>;

/** Members of a run's row. */
export const RUN_MEMBERS: readonly string[] =
  "runId kind name status reason planHash submittedBy why contractId createdAt endedAt jobsDeclared size hash".split(
    " ",
  );

/** `run_id AS runId, ...`. */
export function selected(members: readonly string[]): string {
  return members.map((member) => `${columnOf(member)} AS ${member}`).join(", ");
}

/** Adds a row to a table with the number of its run, or puts it in the place of the one that it is known by. */
export function upsertion({ name, keys, members }: Table): string {
  const columns = members.map(columnOf);
  const known = keys.map(columnOf);
  const changed = columns.filter((column) => !known.includes(column));
  return `INSERT INTO ${name} (run_no, ${columns.join(", ")}) VALUES (?, ${members.map(() => "?").join(", ")})
    ON CONFLICT (run_no, ${known.join(", ")}) DO UPDATE SET ${changed.map((column) => `${column} = excluded.${column}`).join(", ")}`;
}

/** The values of a row, in the order of the members. */
export function valuesOf(row: object, members: readonly string[]): SQLInputValue[] {
  const values = row as Readonly<Record<string, string | number | boolean | undefined>>; // what rows of the history hold
  return members.map((member) => {
    const value = values[member];
    return typeof value === "boolean" ? Number(value) : (value ?? null);
  });
}

/** A row without the members that have no value. */
export function rowOf(row: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

/** The column of a member. */
export function columnOf(member: string): string {
  return member.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
