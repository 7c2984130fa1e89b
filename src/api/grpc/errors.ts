import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { ServiceError, StatusObject } from "@grpc/grpc-js";
import { Metadata, status } from "@grpc/grpc-js";
import type { FaultCode } from "#model";
import { Fault, FAULTS } from "#model";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";
import { detailsOf, faultFromDetails, toldMessage } from "./fault-details.ts";

/** Where gRPC carries a `google.rpc.Status`. */
const DETAILS_KEY = "grpc-status-details-bin";

/** The gRPC status of a fault: its code, a message fit to be sent, and the details in `grpc-status-details-bin`. */
export function statusOf(fault: Fault): StatusObject {
  const code = status[FAULTS[fault.code]];
  const details = toldMessage(fault.message);
  const metadata = new Metadata();
  const value = create(StatusSchema, {
    code,
    message: details,
    details: detailsOf(fault).map((detail) => anyPack(detail.desc, detail.value)),
  });
  metadata.set(DETAILS_KEY, Buffer.from(toBinary(StatusSchema, value)));
  return { code, details, metadata };
}

/** What a status says that carries no word of Verbatim: of the transport, a proxy, another server. */
const BY_STATUS: Readonly<Record<number, FaultCode>> = {
  [status.CANCELLED]: "CANCELLED",
  [status.INVALID_ARGUMENT]: "INVALID_REQUEST",
  [status.DEADLINE_EXCEEDED]: "DEADLINE_PASSED",
  [status.NOT_FOUND]: "RUN_NOT_FOUND",
  [status.PERMISSION_DENIED]: "PERMISSION_DENIED",
  [status.RESOURCE_EXHAUSTED]: "LIMIT_EXCEEDED",
  [status.UNIMPLEMENTED]: "UNIMPLEMENTED",
  [status.UNAVAILABLE]: "SERVER_UNREACHABLE",
  [status.UNAUTHENTICATED]: "UNAUTHENTICATED",
};

/** The fault that a failed call tells its caller, with code and violations as the server meant them. */
export function faultOf(error: unknown): Fault {
  if (!isServiceError(error)) return new Fault("INTERNAL", "The call failed without a status.", { cause: error });
  const otherwise = BY_STATUS[error.code] ?? "INTERNAL";
  return faultFromDetails(readable(error.details), packedDetails(error.metadata), otherwise);
}

/** What the library says of a server that is not there. */
const NOBODY_THERE = /^No connection established\. Last error: (?:Error: )?(.*?)\. Resolution note:/;

function readable(details: string): string {
  const reason = NOBODY_THERE.exec(details)?.[1];
  return reason === undefined ? details : `No server answers there (${reason}). Start it, or name another one.`;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

function packedDetails(metadata: Metadata): readonly Any[] {
  const [bytes] = metadata.get(DETAILS_KEY);
  if (!(bytes instanceof Uint8Array)) return [];
  try {
    return fromBinary(StatusSchema, bytes).details;
  } catch {
    return []; // another server's idea of details; the status itself still counts
  }
}
