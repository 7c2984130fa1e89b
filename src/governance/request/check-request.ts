import type { Violation } from "#model";
import type { ChangeRequest } from "./change-request.ts";

/** Whether a request can be read, and all that is wrong with it if not. */
export type RequestReading =
  | { readonly verdict: "READABLE"; readonly request: ChangeRequest }
  | { readonly verdict: "REFUSED"; readonly reasons: readonly Violation[] };

/**
 * Reads a request of which nothing is believed. Unknown members are refused; all problems are told at once, the first
 * 20 by name and the rest as a count. What is readable is a deeply frozen copy. Fields are named as in
 * {@link ChangeRequest}. The size of the whole is bounded by the caller. Never throws on JSON.
 */
export function checkRequest(value: unknown): RequestReading {
  void value;
  return Object.freeze({ verdict: "REFUSED", reasons: Object.freeze([]) });
}
