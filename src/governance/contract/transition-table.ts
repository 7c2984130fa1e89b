import type { ContractState } from "./contract.ts";

/** A state that a transition can lead to: no contract becomes a draft again. */
export type NextState = Exclude<ContractState, "DRAFT">;

/**
 * The whole table: which states may follow which. A terminal state is followed by none. What is not here is refused,
 * whoever asks; what is here still has to pass its guard.
 */
export const TRANSITIONS: ReadonlyMap<ContractState, readonly NextState[]> = new Map<
  ContractState,
  readonly NextState[]
>([
  ["DRAFT", ["VALIDATED", "REJECTED", "EXPIRED"]],
  ["VALIDATED", ["ELIGIBLE", "REJECTED", "EXPIRED"]],
  ["ELIGIBLE", ["APPROVED", "REJECTED", "EXPIRED"]],
  ["APPROVED", ["ACTIVE", "FAILED"]],
  ["ACTIVE", ["COMPLETED", "FAILED"]],
  ["COMPLETED", []],
  ["FAILED", []],
  ["REJECTED", []],
  ["EXPIRED", []],
]);
