import { Fault } from "#model";
import type { Violation } from "#model";
import type { QueueEntry, TakeOptions } from "./job-queue.ts";
import { QUEUE_LIMITS } from "./limits.ts";

/** One number with its bounds, both allowed. */
interface Bounded {
  readonly field: string;
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

const PROBLEMS_TOLD = 100;

/** @throws {Fault} INVALID_REQUEST with every problem of the entries, up to 100. */
export function checkEntries(entries: readonly QueueEntry[]): void {
  refuse(
    entries.flatMap(({ id, priority, delayMs, attempt }, place) => {
      const at = (member: string): string => `entries[${place}].${member}`;
      const { highestPriority, delayMs: longest, highestAttempt } = QUEUE_LIMITS;
      return [
        ...idViolations(id, at("id")),
        ...outside({ field: at("priority"), value: priority, from: 0, to: highestPriority }),
        ...outside({ field: at("delay_ms"), value: delayMs, from: 0, to: longest }),
        ...outside({ field: at("attempt"), value: attempt, from: 1, to: highestAttempt }),
      ];
    }),
  );
}

/** @throws {Fault} INVALID_REQUEST */
export function checkNext({ delayMs, attempt }: { readonly delayMs: number; readonly attempt: number }): void {
  refuse([
    ...outside({ field: "delay_ms", value: delayMs, from: 0, to: QUEUE_LIMITS.delayMs }),
    ...outside({ field: "attempt", value: attempt, from: 1, to: QUEUE_LIMITS.highestAttempt }),
  ]);
}

/** @throws {Fault} INVALID_REQUEST */
export function checkTake({ max, waitMs }: TakeOptions): void {
  refuse([
    ...outside({ field: "max", value: max, from: 1, to: QUEUE_LIMITS.takenAtOnce }),
    ...outside({ field: "wait_ms", value: waitMs, from: 0, to: QUEUE_LIMITS.waitMs }),
  ]);
}

function idViolations(id: string, field: string): readonly Violation[] {
  if (id.length > 0 && id.length <= QUEUE_LIMITS.idCharacters && id.isWellFormed() && !id.includes("\0")) return [];
  const expected = `1 to ${QUEUE_LIMITS.idCharacters} characters of well-formed text without NUL`;
  return [{ field, description: `has ${id.length} characters, expected ${expected}` }];
}

function outside({ field, value, from, to }: Bounded): readonly Violation[] {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return [];
  return [{ field, description: `is ${value}, expected a whole number from ${from} to ${to}` }];
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const message = `The queue was asked for what it does not take: ${violations.length} problem(s).`;
  throw new Fault("INVALID_REQUEST", message, { violations: violations.slice(0, PROBLEMS_TOLD) });
}
