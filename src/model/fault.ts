/**
 * The closed table of faults: code, what it means, the gRPC status that carries it. `docs/errors.md` has one
 * entry for each; a test holds the two together.
 */
export const FAULTS = {
  INVALID_REQUEST: "INVALID_ARGUMENT",
  INVALID_CONFIGURATION: "INVALID_ARGUMENT",
  ADMISSION_REFUSED: "FAILED_PRECONDITION",
  JOB_ID_TAKEN: "ALREADY_EXISTS",
  RUN_NOT_FOUND: "NOT_FOUND",
  BLOB_NOT_FOUND: "NOT_FOUND",
  RUN_ENDED: "FAILED_PRECONDITION",
  RUN_OPEN: "FAILED_PRECONDITION",
  RUN_ACTIVE: "FAILED_PRECONDITION",
  RUN_NOT_RESUMABLE: "FAILED_PRECONDITION",
  PLAN_CHANGED: "FAILED_PRECONDITION",
  GATE_CLOSED: "FAILED_PRECONDITION",
  CONTRACT_NOT_FOUND: "NOT_FOUND",
  CONTRACT_REFUSED: "FAILED_PRECONDITION",
  CONTRACT_CHANGED: "ABORTED",
  REQUEST_TAKEN: "ALREADY_EXISTS",
  APPROVER_IS_SUBMITTER: "PERMISSION_DENIED",
  SEQUENCE_CONFLICT: "ABORTED",
  STATE_LOCKED: "FAILED_PRECONDITION",
  RUN_FENCED: "ABORTED",
  HOLDER_SILENT: "UNKNOWN",
  STORE_HALTED: "UNAVAILABLE",
  STORE_UNAVAILABLE: "UNAVAILABLE",
  SIGNER_UNAVAILABLE: "UNAVAILABLE",
  HISTORY_UNAVAILABLE: "UNAVAILABLE",
  QUEUE_UNAVAILABLE: "UNAVAILABLE",
  SOURCE_UNAVAILABLE: "UNAVAILABLE",
  EVIDENCE_BROKEN: "DATA_LOSS",
  LIMIT_EXCEEDED: "RESOURCE_EXHAUSTED",
  RATE_LIMITED: "RESOURCE_EXHAUSTED",
  NOT_CONFIGURED: "FAILED_PRECONDITION",
  DRAINING: "UNAVAILABLE",
  UNAUTHENTICATED: "UNAUTHENTICATED",
  PERMISSION_DENIED: "PERMISSION_DENIED",
  CANCELLED: "CANCELLED",
  DEADLINE_PASSED: "DEADLINE_EXCEEDED",
  UNIMPLEMENTED: "UNIMPLEMENTED",
  SERVER_UNREACHABLE: "UNAVAILABLE",
  INTERNAL: "INTERNAL",
} as const;

/** A code of the closed table {@link FAULTS}. */
export type FaultCode = keyof typeof FAULTS;

/** One problem of a request, a file or a precondition. */
export interface Violation {
  /** Where: a field path such as `steps[3].parameters.argv`, or `file:line`. */
  readonly field: string;
  /** What was seen, what was expected, what to do. */
  readonly description: string;
}

/** What may be said of a fault beside its code and its message. */
export interface FaultOptions {
  readonly violations?: readonly Violation[];
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
}

/** A fault of the world, with a code of the closed table. Outcomes are values; our own bugs are assertions. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  /** All problems found, in the order of the input. */
  readonly violations: readonly Violation[];
  /** When another try may come through, milliseconds from now; undefined = trying again alone does not help. */
  readonly retryAfterMs: number | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.violations = options.violations ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }
}
