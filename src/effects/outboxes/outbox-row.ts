import type { ChangeOperation, CommittedChange, EntityRecord } from "#model";
import type { OutboxRow } from "../outbox.ts";
import { jsonOf } from "../record-sources/column-json.ts";
import { ROW_BYTES } from "./outbox-page.ts";

/** A row as the database has it. */
export interface StoredRow {
  readonly place: string;
  /** Bytes of its texts; with more than `ROW_BYTES` none of them was read. */
  readonly bytes: unknown;
  readonly change_id: unknown;
  readonly entity: unknown;
  readonly operation: unknown;
  /** JSON text. */
  readonly record: unknown;
  /** JSON text, or null. */
  readonly old: unknown;
}

const OPERATIONS: ReadonlySet<unknown> = new Set<ChangeOperation>(["create", "update", "delete"]);
const ID_CHARACTERS = 128;

/** How a database writes numbers in JSON. */
export interface NumberWriting {
  /** Digits with which it writes a double; default: as few as tell it from the others. */
  readonly written?: number;
}

/** What a row tells; whoever has written it may have written anything. */
export function outboxRow(row: StoredRow, writing: NumberWriting = {}): OutboxRow {
  const change = Number(row.bytes) > ROW_BYTES ? tooLong(row) : changeOf(row, writing);
  return { place: row.place, change: typeof change === "string" ? { problem: change } : change };
}

function tooLong({ bytes }: StoredRow): string {
  return `the row has ${Number(bytes)} bytes; at most ${ROW_BYTES} can be taken in`;
}

function changeOf(
  { change_id: changeId, entity, operation, record, old }: StoredRow,
  writing: NumberWriting,
): CommittedChange | string {
  if (typeof changeId !== "string" || changeId === "" || changeId.length > ID_CHARACTERS)
    return `change_id is no text of 1 to ${ID_CHARACTERS} characters`;
  if (typeof entity !== "string") return "entity is no text";
  if (!OPERATIONS.has(operation)) return `operation is ${JSON.stringify(operation)}; expected create, update or delete`;
  const told = recordOf(record, writing);
  if (told === undefined) return "record is no JSON object";
  const before = old === null ? null : recordOf(old, writing);
  if (before === undefined) return "old is neither NULL nor a JSON object";
  return {
    changeId,
    entity,
    operation: operation as ChangeOperation, // one of the set
    record: told,
    old: before ?? undefined,
  };
}

function recordOf(text: unknown, writing: NumberWriting): EntityRecord | undefined {
  const value = jsonOf(String(text), writing);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value as EntityRecord; // an object, and what is in it is JSON
}
