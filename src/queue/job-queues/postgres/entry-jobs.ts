import type { CommandResponse, JobWithMetadata } from "pg-boss";
import { Fault } from "#model";
import type { Delivery } from "../../job-queue.ts";

const SCHEMA = /^[a-z_][a-z0-9_]{0,49}$/;
const QUEUE = /^[A-Za-z0-9_-]{1,50}$/;

/** What of an entry lies in the table beside its id and priority. */
export interface EntryData {
  readonly attempt: number;
  /** Rises from one entry to the next; tells those apart that came in one millisecond. */
  readonly order: number;
}

/** What pg-boss is given for an entry. */
export interface EntryJob {
  readonly singletonKey: string;
  readonly priority: number;
  readonly data: EntryData;
  readonly startAfter?: number;
}

/** Compares as the queue hands out. */
export function inOrder(one: JobWithMetadata<EntryData>, other: JobWithMetadata<EntryData>): number {
  return (
    other.priority - one.priority ||
    one.createdOn.getTime() - other.createdOn.getTime() ||
    one.data.order - other.data.order
  );
}

/** The handing out of an entry. */
export function deliveryOf({ id, singletonKey, priority, data, retryCount }: JobWithMetadata<EntryData>): Delivery {
  const token = `${id}:${retryCount}`;
  return { id: singletonKey ?? "", priority, attempt: data.attempt, stalls: retryCount, token };
}

/** The handing out that the delivery stands for, as pg-boss names it. */
export function attemptOf({ token }: Delivery): { id: string; retryCount: number } {
  const [id = "", retryCount] = token.split(":");
  return { id, retryCount: Number(retryCount) };
}

/** @throws {Fault} INVALID_CONFIGURATION if a name is not of the form that it must have. */
export function requireNames(queue: string, schema: string): void {
  const wrong = [
    ...(QUEUE.test(queue)
      ? []
      : [{ field: "queue", description: `is "${queue}", expected 1 to 50 letters, digits, _ and -` }]),
    ...(SCHEMA.test(schema)
      ? []
      : [
          {
            field: "schema",
            description: `is "${schema}", expected up to 50 lower-case letters, digits and _, no digit first`,
          },
        ]),
  ];
  if (wrong.length > 0)
    throw new Fault("INVALID_CONFIGURATION", "The queue in PostgreSQL has names that it cannot have.", {
      violations: wrong,
    });
}

/** Whether there was such a handing out, and it counted. */
export function affects(response: CommandResponse): boolean {
  return (response as { readonly affected: number }).affected > 0; // it is there, and stands not in the types
}
