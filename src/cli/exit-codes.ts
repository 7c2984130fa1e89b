import type { FaultCode } from "#model";

/** Every exit code of `verbatim`, and what it says. */
export const EXIT = {
  succeeded: 0,
  runFailed: 1,
  usage: 2,
  waiting: 3,
  notFound: 4,
  chainBroken: 5,
  precondition: 6,
  permission: 7,
  unreachable: 8,
  timeout: 124,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

/** The closed table from fault to exit code. */
export const EXIT_OF_FAULT: Readonly<Record<FaultCode, number>> = {
  INVALID_REQUEST: EXIT.usage,
  INVALID_CONFIGURATION: EXIT.usage,
  ADMISSION_REFUSED: EXIT.precondition,
  JOB_ID_TAKEN: EXIT.precondition,
  RUN_NOT_FOUND: EXIT.notFound,
  BLOB_NOT_FOUND: EXIT.notFound,
  RUN_ENDED: EXIT.precondition,
  RUN_OPEN: EXIT.precondition,
  RUN_ACTIVE: EXIT.precondition,
  RUN_NOT_RESUMABLE: EXIT.precondition,
  PLAN_CHANGED: EXIT.precondition,
  GATE_CLOSED: EXIT.precondition,
  CONTRACT_NOT_FOUND: EXIT.notFound,
  CONTRACT_REFUSED: EXIT.precondition,
  CONTRACT_CHANGED: EXIT.precondition,
  REQUEST_TAKEN: EXIT.precondition,
  APPROVER_IS_SUBMITTER: EXIT.permission,
  SEQUENCE_CONFLICT: EXIT.precondition,
  STATE_LOCKED: EXIT.precondition,
  RUN_FENCED: EXIT.precondition,
  HOLDER_SILENT: EXIT.unreachable,
  STORE_HALTED: EXIT.unreachable,
  STORE_UNAVAILABLE: EXIT.unreachable,
  SIGNER_UNAVAILABLE: EXIT.unreachable,
  HISTORY_UNAVAILABLE: EXIT.unreachable,
  QUEUE_UNAVAILABLE: EXIT.unreachable,
  SOURCE_UNAVAILABLE: EXIT.unreachable,
  EVIDENCE_BROKEN: EXIT.chainBroken,
  LIMIT_EXCEEDED: EXIT.precondition,
  RATE_LIMITED: EXIT.precondition,
  NOT_CONFIGURED: EXIT.precondition,
  DRAINING: EXIT.unreachable,
  UNAUTHENTICATED: EXIT.permission,
  PERMISSION_DENIED: EXIT.permission,
  CANCELLED: EXIT.runFailed,
  DEADLINE_PASSED: EXIT.timeout,
  UNIMPLEMENTED: EXIT.precondition,
  SERVER_UNREACHABLE: EXIT.unreachable,
  INTERNAL: EXIT.runFailed,
};

/** The exit code of a process that a signal ended: 130 for SIGINT, 143 for SIGTERM. */
export function exitOfSignal(reason: unknown): number {
  return reason === "SIGTERM" ? EXIT.SIGTERM : EXIT.SIGINT;
}
