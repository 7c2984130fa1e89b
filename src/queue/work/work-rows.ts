import type { ErrorClass, JsonObject } from "#model";
import type { DeadLetterQuery, Work, WorkError, WorkState } from "#model";

/** A row of the table of work. */
export type WorkRow = Readonly<Record<string, string | number | null>>;

/** The work that a row tells of. */
export function workOf(row: WorkRow): Work {
  const { redrives, redriven_as: redrivenAs, discarded_by: by, discarded_why: reason } = row;
  return {
    id: String(row["id"]),
    name: String(row["name"]),
    capability: String(row["capability"]),
    priority: Number(row["priority"]),
    payload: JSON.parse(String(row["payload"])) as JsonObject, // written by this store
    ...(redrives !== null && { redrives: String(redrives) }),
    place: Number(row["place"]),
    state: String(row["state"]) as WorkState, // written by this store
    attempts: Number(row["attempts"]),
    epoch: Number(row["epoch"]),
    createdMs: Number(row["created"]),
    dueMs: Number(row["due"]),
    endedMs: row["ended"] === null ? undefined : Number(row["ended"]),
    errors: JSON.parse(String(row["errors"])) as readonly WorkError[], // written by this store
    redrivenAs: redrivenAs === null ? undefined : String(redrivenAs),
    discarded: by === null ? undefined : { by: String(by), reason: String(reason) },
  };
}

/** What a queue has to know of work that is open: without its payload, so that a page of them is small. */
export type OpenWork = Pick<Work, "id" | "priority" | "attempts" | "place">;

/** The columns of {@link OpenWork}. */
export const OPEN_COLUMNS = "id, priority, attempts, place";

/** The open work that a row of {@link OPEN_COLUMNS} tells of. */
export function openWorkOf({ id, priority, attempts, place }: WorkRow): OpenWork {
  return { id: String(id), priority: Number(priority), attempts: Number(attempts), place: Number(place) };
}

/** A condition on rows, and the values of its parameters. */
export interface Condition {
  readonly sql: string;
  readonly values: Readonly<Record<string, string | number>>;
}

const LAST_ERROR = "json_extract(errors, '$[#-1].errorClass')";
const LAST_MESSAGE = "json_extract(errors, '$[#-1].message')";

/** The condition for dead letters that fit a query and were not redriven. */
export function deadLetters(query: DeadLetterQuery): Condition {
  const parts: [string, string, string | number | undefined][] = [
    ["name = :name", "name", query.name],
    ["capability = :capability", "capability", query.capability],
    [`${LAST_ERROR} = :error`, "error", query.errorClass satisfies ErrorClass | undefined],
    [`instr(${LAST_MESSAGE}, :message) > 0`, "message", query.messageContains],
    ["ended >= :ended_from", "ended_from", query.endedFromMs],
    ["ended < :ended_before", "ended_before", query.endedBeforeMs],
    ["id IN (SELECT value FROM json_each(:ids))", "ids", query.ids && JSON.stringify(query.ids)],
  ];
  const given = parts.filter((part): part is [string, string, string | number] => part[2] !== undefined);
  return {
    sql: ["state = 'dead'", "redriven_as IS NULL", ...given.map(([sql]) => sql)].join(" AND "),
    values: Object.fromEntries(given.map(([, name, value]) => [name, value])),
  };
}
