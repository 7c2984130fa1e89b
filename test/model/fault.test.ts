import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assert, AssertionFailure, Fault, FAULTS, LIMITS } from "#model";
import type { FaultCode } from "#model";

/** The codes of the gRPC specification, save OK, which no fault has. */
const GRPC_CODES =
  "CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED".split(
    " ",
  );

describe("a fault of the world", () => {
  it("has a code of the closed table, a message and no violations unless they are given", () => {
    const fault = new Fault("RUN_NOT_FOUND", "There is no run x.");
    expect(fault).toBeInstanceOf(Error);
    expect(fault).toMatchObject({
      name: "Fault",
      code: "RUN_NOT_FOUND",
      message: "There is no run x.",
      violations: [],
    });
    expect(fault).not.toHaveProperty("cause");
  });

  it("keeps all violations in the order in which they are given", () => {
    const violations = [
      { field: "b", description: "is wrong" },
      { field: "a", description: "is wrong, too" },
    ];
    expect(new Fault("INVALID_REQUEST", "no", { violations }).violations).toEqual(violations);
  });

  it.each([new Error("deep"), "text", undefined, null])("keeps %s as its cause", (cause) => {
    const fault = new Fault("STORE_HALTED", "no", { cause });
    expect(Object.hasOwn(fault, "cause")).toBe(true);
    expect(fault.cause).toBe(cause);
  });

  it.each(Object.entries(FAULTS))("of code %s is carried by the gRPC code %s, which exists", (code, status) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(GRPC_CODES).toContain(status);
    expect(new Fault(code as FaultCode, "no").code).toBe(code); // a key of the table
  });
});

function broken(): void {
  assert(false, "a log begins with run.created");
}

describe("an assertion", () => {
  it("that holds says nothing", () => {
    expect(() => {
      assert(true, "one is one");
    }).not.toThrow();
  });

  it("that does not hold throws the law that was broken, and it is no fault of the world", () => {
    expect(broken).toThrow(AssertionFailure);
    expect(broken).toThrow("a log begins with run.created");
    expect(broken).not.toThrow(Fault);
  });

  it("goes by that name wherever an error is printed", () => {
    expect(String(new AssertionFailure("law"))).toBe("AssertionFailure: law");
  });
});

describe("the limits of the request path", () => {
  it("name their unit or what they count, and are positive whole numbers", () => {
    for (const [name, limit] of Object.entries(LIMITS)) {
      expect(name).toMatch(
        /(Bytes|Characters|Seconds|Depth|PerJob|PerStep|PerPlan|AtATime|onnections|alls|Reads|activeRuns)$/,
      );
      expect(Number.isSafeInteger(limit) && limit > 0, name).toBe(true);
    }
  });

  it("leave room for one step's parameters and one output in a message", () => {
    expect(LIMITS.parametersBytesPerStep).toBeLessThan(LIMITS.requestBytes);
    expect(LIMITS.outputBytesPerStep).toBeLessThan(LIMITS.responseBytes);
  });

  it("of error texts and nesting are those that the executor keeps to by itself", () => {
    const executor = readFileSync(join(import.meta.dirname, "../../src/executor/untrusted.ts"), "utf8");
    expect(executor).toContain(`MAX_ERROR_CHARACTERS = ${LIMITS.errorCharacters};`);
    expect(executor).toContain(`MAX_DEPTH = ${LIMITS.jsonDepth};`);
  });
});
