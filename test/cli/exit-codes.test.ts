import { describe, expect, it } from "vitest";
import type { FaultCode } from "#model";
import { Fault, FAULTS } from "#model";
import { EXIT_OF_FAULT, exitOfSignal } from "../../src/cli/exit-codes.ts";
import { Output } from "../../src/cli/output.ts";
import { tellError } from "../../src/cli/tell-error.ts";
import { KeptStream } from "./support/kept-stream.ts";

/** As docs and scripts know them: written down a second time, so that a change has to be meant. */
const EXPECTED: Readonly<Record<FaultCode, number>> = {
  INVALID_REQUEST: 2,
  INVALID_CONFIGURATION: 2,
  ADMISSION_REFUSED: 6,
  JOB_ID_TAKEN: 6,
  RUN_NOT_FOUND: 4,
  BLOB_NOT_FOUND: 4,
  RUN_ENDED: 6,
  RUN_OPEN: 6,
  RUN_ACTIVE: 6,
  RUN_NOT_RESUMABLE: 6,
  PLAN_CHANGED: 6,
  GATE_CLOSED: 6,
  CONTRACT_NOT_FOUND: 4,
  CONTRACT_REFUSED: 6,
  CONTRACT_CHANGED: 6,
  REQUEST_TAKEN: 6,
  APPROVER_IS_SUBMITTER: 7,
  SEQUENCE_CONFLICT: 6,
  STATE_LOCKED: 6,
  RUN_FENCED: 6,
  HOLDER_SILENT: 8,
  STORE_UNAVAILABLE: 8,
  STORE_HALTED: 8,
  SIGNER_UNAVAILABLE: 8,
  HISTORY_UNAVAILABLE: 8,
  QUEUE_UNAVAILABLE: 8,
  SOURCE_UNAVAILABLE: 8,
  EVIDENCE_BROKEN: 5,
  LIMIT_EXCEEDED: 6,
  RATE_LIMITED: 6,
  NOT_CONFIGURED: 6,
  DRAINING: 8,
  UNAUTHENTICATED: 7,
  PERMISSION_DENIED: 7,
  CANCELLED: 1,
  DEADLINE_PASSED: 124,
  UNIMPLEMENTED: 6,
  SERVER_UNREACHABLE: 8,
  INTERNAL: 1,
};

async function toldExit(error: unknown): Promise<number> {
  const [out, err] = [new KeptStream(), new KeptStream()];
  const stdout = new Output(out.stream, { colour: false });
  const stderr = new Output(err.stream, { colour: false });
  return await tellError(error, { stdout, stderr, json: false });
}

describe("the exit code of a fault", () => {
  it("is written down for every code of the table of faults, and for no other", () => {
    expect(Object.keys(EXIT_OF_FAULT).sort()).toEqual(Object.keys(FAULTS).sort());
  });

  it.each(Object.entries(EXPECTED))("of the code %s is %i, wherever it is thrown", async (code, exit) => {
    expect(await toldExit(new Fault(code as FaultCode, "something happened"))).toBe(exit); // a key of the table above
  });

  it("is never 0, so that no fault can look like success", () => {
    expect(Object.values(EXIT_OF_FAULT).filter((code) => code === 0)).toEqual([]);
  });

  it("is 1 for whatever nobody foresaw", async () => {
    expect(await toldExit(new TypeError("x is not a function"))).toBe(1);
    expect(await toldExit("thrown text")).toBe(1);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("is that of the signal %s where it ended the command", (signal, exit) => {
    expect(exitOfSignal(signal)).toBe(exit);
  });
});
