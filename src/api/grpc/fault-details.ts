import type { Message } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { FaultCode, Violation } from "#model";
import { Fault, FAULTS } from "#model";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.ts";

/** The `domain` of every `ErrorInfo` that Verbatim sends. */
export const ERROR_DOMAIN = "verbatim";

/** What is said of an error that nobody foresaw. It names no file, no line and no value. */
export const INTERNAL_SENTENCE =
  "The server failed in a way that it did not foresee; its operator finds the cause in its log.";

/** Bound on the text of all violations of one answer: all headers of an answer must stay under 8 KiB for any client. */
export const VIOLATIONS_BYTES = 3 * 1024;

/** Bound on a message once it is percent-encoded, as gRPC sends it. */
export const MESSAGE_BYTES = 2 * 1024;

/** One `google.rpc` detail: which message it is, and the message. */
export interface Detail {
  readonly desc: GenMessage<Message>;
  readonly value: Message;
}

/**
 * The fault that a caller is told for whatever was thrown. Anything but a {@link Fault} becomes INTERNAL with a fixed
 * sentence, and goes to `onInternalError` as it is.
 */
export function toldFault(thrown: unknown, onInternalError: (error: unknown) => void): Fault {
  if (thrown instanceof Fault && thrown.code !== "INTERNAL") return thrown;
  onInternalError(thrown);
  return new Fault("INTERNAL", INTERNAL_SENTENCE);
}

/** The message as it may be sent: no lone surrogates, at most {@link MESSAGE_BYTES} once percent-encoded. */
export function toldMessage(message: string): string {
  const formed = message.slice(0, MESSAGE_BYTES).toWellFormed();
  if (message.length <= MESSAGE_BYTES && encodeURI(formed).length <= MESSAGE_BYTES) return formed;
  let kept = "";
  let bytes = 0;
  for (const character of formed) {
    bytes += encodeURI(character).length;
    if (bytes > MESSAGE_BYTES - 16) break;
    kept += character;
  }
  return `${kept} ...`;
}

/** The details that go with a fault: one `ErrorInfo`, and what fits its code. */
export function detailsOf(fault: Fault): readonly Detail[] {
  const details: Detail[] = [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: fault.code, domain: ERROR_DOMAIN }) },
  ];
  const violations = keptViolations(fault.violations);
  if (fault.retryAfterMs !== undefined) {
    const ms = Math.ceil(fault.retryAfterMs);
    const retryDelay = { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  if (FAULTS[fault.code] === "NOT_FOUND") {
    const resourceType = fault.code === "BLOB_NOT_FOUND" ? "verbatim.blob" : "verbatim.run";
    const value = create(ResourceInfoSchema, { resourceType, description: toldMessage(fault.message) });
    details.push({ desc: ResourceInfoSchema, value });
  }
  if (violations.length === 0) return details;
  if (fault.code === "ADMISSION_REFUSED" || fault.code === "NOT_CONFIGURED") {
    const list = violations.map((v) => ({ type: fault.code, subject: v.field, description: v.description }));
    details.push({ desc: PreconditionFailureSchema, value: create(PreconditionFailureSchema, { violations: list }) });
  } else {
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations: [...violations] }) });
  }
  return details;
}

/** As many violations as the answer's headers hold; a last one counts those left out. */
function keptViolations(violations: readonly Violation[]): readonly Violation[] {
  const kept: Violation[] = [];
  let bytes = 0;
  for (const violation of violations) {
    const told = { field: violation.field.toWellFormed(), description: violation.description.toWellFormed() };
    bytes += Buffer.byteLength(told.field) + Buffer.byteLength(told.description) + 8;
    if (bytes > VIOLATIONS_BYTES) break;
    kept.push(told);
  }
  const left = violations.length - kept.length;
  if (left > 0) kept.push({ field: "", description: `${left} more, left out because an error must stay small` });
  return kept;
}

/**
 * The fault that an answer tells: its code from the `ErrorInfo`, its violations from the other details. Without an
 * `ErrorInfo` of ours the code is `otherwise`.
 */
export function faultFromDetails(message: string, details: readonly Any[], otherwise: FaultCode): Fault {
  let code = otherwise;
  let retryAfterMs: number | undefined;
  const violations: Violation[] = [];
  for (const detail of details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info?.domain === ERROR_DOMAIN && isFaultCode(info.reason)) code = info.reason;
    const delay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
    if (delay !== undefined) retryAfterMs = Number(delay.seconds) * 1000 + delay.nanos / 1_000_000;
    for (const { field, description } of anyUnpack(detail, BadRequestSchema)?.fieldViolations ?? []) {
      violations.push({ field, description });
    }
    for (const { subject, description } of anyUnpack(detail, PreconditionFailureSchema)?.violations ?? []) {
      violations.push({ field: subject, description });
    }
  }
  return new Fault(code, message, { violations, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

function isFaultCode(reason: string): reason is FaultCode {
  return Object.hasOwn(FAULTS, reason);
}
