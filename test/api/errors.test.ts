import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { Metadata, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FaultCode } from "#model";
import { Fault, FAULTS } from "#model";
import { refuseDebugEnvironment } from "#api";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  ResourceInfoSchema,
} from "../../src/api/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/api/gen/google/rpc/status_pb.ts";
import { faultOf, statusOf } from "../../src/api/grpc/errors.ts";
import { MESSAGE_BYTES, toldMessage } from "../../src/api/grpc/fault-details.ts";
import { startProbe } from "./support/probe.ts";

const CODES = Object.keys(FAULTS) as FaultCode[]; // the table's own keys
const VIOLATIONS = [
  { field: "steps[3].timeout_seconds", description: "is -1; expected more than 0" },
  { field: "job_id", description: "is empty" },
];

function packed(fault: Fault) {
  const [bytes] = statusOf(fault).metadata.get("grpc-status-details-bin");
  return fromBinary(StatusSchema, bytes as Buffer);
}

function serviceError(sent: { code: number; details: string; metadata: Metadata }): Error {
  return Object.assign(new Error(`${sent.code} ${sent.details}`), sent);
}

describe("every fault of the table travels whole", () => {
  test.each(CODES)("the fault %s arrives with its code, its message and its violations", (code) => {
    const arrived = faultOf(serviceError(statusOf(new Fault(code, "what was seen", { violations: VIOLATIONS }))));
    expect(arrived).toMatchObject({ code, message: "what was seen", violations: VIOLATIONS });
  });

  test.each(CODES)("the fault %s has the status of the table and one ErrorInfo of ours", (code) => {
    const fault = new Fault(code, "what was seen");
    expect(statusOf(fault).code).toBe(status[FAULTS[code]]);
    const infos = packed(fault).details.flatMap((detail) => anyUnpack(detail, ErrorInfoSchema) ?? []);
    expect(infos).toMatchObject([{ reason: code, domain: "verbatim" }]);
    expect(packed(fault)).toMatchObject({ code: status[FAULTS[code]], message: "what was seen" });
  });

  test("every fault of the table but INTERNAL arrives over a real connection", async () => {
    let code: FaultCode = "INTERNAL";
    await using probe = await startProbe({
      verifyRun: () => Promise.reject(new Fault(code, "seen", { violations: VIOLATIONS })),
    });
    for (const next of CODES.filter((each) => each !== "INTERNAL")) {
      code = next;
      await expect(probe.client.evidence.verifyRun({})).rejects.toMatchObject({
        code,
        message: "seen",
        violations: VIOLATIONS,
      });
    }
    expect(probe.internalErrors).toEqual([]);
  });
});

describe("each kind of fault has the details that foreign clients know", () => {
  test("an invalid request carries a BadRequest with all violations in order", () => {
    const details = packed(new Fault("INVALID_REQUEST", "no", { violations: VIOLATIONS })).details;
    expect(details.map((detail) => anyUnpack(detail, BadRequestSchema)).find(Boolean)?.fieldViolations).toMatchObject(
      VIOLATIONS,
    );
  });

  test("a refused admission carries a PreconditionFailure with all reasons in order", () => {
    const details = packed(new Fault("ADMISSION_REFUSED", "no", { violations: VIOLATIONS })).details;
    const failure = details.map((detail) => anyUnpack(detail, PreconditionFailureSchema)).find(Boolean);
    expect(failure?.violations).toMatchObject([
      { type: "ADMISSION_REFUSED", subject: "steps[3].timeout_seconds" },
      { type: "ADMISSION_REFUSED", subject: "job_id" },
    ]);
  });

  test.each([
    ["RUN_NOT_FOUND", "verbatim.run"],
    ["BLOB_NOT_FOUND", "verbatim.blob"],
  ] as const)("the fault %s carries a ResourceInfo of the type %s", (code, resourceType) => {
    const details = packed(new Fault(code, "There is no x.")).details;
    const info = details.map((detail) => anyUnpack(detail, ResourceInfoSchema)).find(Boolean);
    expect(info).toMatchObject({ resourceType, description: "There is no x." });
  });
});

describe("an answer that is not Verbatim's is a fault all the same", () => {
  test.each([
    [status.UNAVAILABLE, "SERVER_UNREACHABLE"],
    [status.DEADLINE_EXCEEDED, "DEADLINE_PASSED"],
    [status.CANCELLED, "CANCELLED"],
    [status.UNAUTHENTICATED, "UNAUTHENTICATED"],
    [status.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED"],
    [status.UNIMPLEMENTED, "UNIMPLEMENTED"],
    [status.UNKNOWN, "INTERNAL"],
  ])("the bare status %i is read as %s", (code, expected) => {
    expect(faultOf(serviceError({ code, details: "bare", metadata: new Metadata() }))).toMatchObject({
      code: expected,
      message: "bare",
    });
  });

  test("an ErrorInfo of another domain does not set our code", () => {
    const sent = statusOf(new Fault("STORE_HALTED", "halted"));
    const other = create(ErrorInfoSchema, { reason: "STORE_HALTED", domain: "example.org" });
    const details = [anyPack(ErrorInfoSchema, other)];
    const bytes = create(StatusSchema, { code: sent.code, message: "halted", details });
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, bytes)));
    expect(faultOf(serviceError({ ...sent, metadata }))).toMatchObject({ code: "SERVER_UNREACHABLE" });
  });

  test("details that are no details do not hide the status", () => {
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff, 0xff]));
    expect(faultOf(serviceError({ code: status.NOT_FOUND, details: "gone", metadata }))).toMatchObject({
      code: "RUN_NOT_FOUND",
    });
  });
});

test("a message of any kind is well formed and small when it is sent, and whole if it was so before", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 5000 }), fc.string({ maxLength: 3 }), (start, lone) => {
      const message = `${start}\ud83d${lone}`;
      const told = toldMessage(message);
      expect(told.isWellFormed()).toBe(true);
      expect(encodeURI(told).length).toBeLessThanOrEqual(MESSAGE_BYTES);
      const formed = message.toWellFormed();
      if (encodeURI(formed).length <= MESSAGE_BYTES) expect(told).toBe(formed);
    }),
  );
});

describe("an environment that would print tokens is refused", () => {
  test.each([
    { GRPC_TRACE: "all" },
    { GRPC_TRACE: "server_call" },
    { GRPC_NODE_TRACE: "all" },
    { GRPC_VERBOSITY: "DEBUG" },
    { GRPC_VERBOSITY: "debug" },
    { GRPC_NODE_VERBOSITY: "DEBUG" },
  ])("the environment %j is refused with the name of the variable", (environment) => {
    const [name] = Object.keys(environment);
    expect(() => refuseDebugEnvironment(environment)).toThrow(
      expect.objectContaining({
        code: "INVALID_CONFIGURATION",
        violations: [expect.objectContaining({ field: name })],
      }),
    );
  });

  test.each([{}, { GRPC_TRACE: "" }, { GRPC_VERBOSITY: "ERROR" }, { PATH: "/usr/bin" }])(
    "the environment %j is taken",
    (environment) => {
      expect(() => refuseDebugEnvironment(environment)).not.toThrow();
    },
  );

  test("every variable that prints is named at once", () => {
    const both = { GRPC_TRACE: "all", GRPC_VERBOSITY: "DEBUG" };
    expect(() => refuseDebugEnvironment(both)).toThrow(/GRPC_TRACE.*GRPC_VERBOSITY/);
  });
});
