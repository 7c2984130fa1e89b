import { describe, expect, it } from "vitest";
import { drive } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { handlerOf } from "../support/step-handler.ts";

class Silent extends Error {
  override readonly name = "Silent";
}

function withMessage(message: unknown): Error {
  return Object.defineProperty(new Error("replaced"), "message", { value: message });
}

function withMessageGetter(): Error {
  return Object.defineProperty(new Error("replaced"), "message", {
    get() {
      throw new Error("no message for you");
    },
  });
}

const UNTELLABLE = "an error that cannot be described";

const THROWN: readonly (readonly [string, unknown, string])[] = [
  ["an error", new Error("it broke"), "it broke"],
  ["an error with a cause", new Error("it broke", { cause: new Error("deep") }), "it broke"],
  ["an error without a message", new Silent(""), "Silent"],
  ["an aggregate without a message", new AggregateError([new Error("one")]), "AggregateError"],
  ["an error whose message is a number", withMessage(42), "42"],
  ["an error whose message is an object", withMessage({ toWellFormed: () => ({ length: 0 }) }), "[object Object]"],
  ["an error whose message cannot be read", withMessageGetter(), UNTELLABLE],
  ["an error with a lone surrogate", new Error("a\ud800"), "a\ufffd"],
  ["an error with a long message", new Error("x".repeat(5000)), `${"x".repeat(4095)}…`],
  ["a text", "just a text", "just a text"],
  ["an empty text", "", "an error without a message"],
  ["a number", 0, "0"],
  ["null", null, "null"],
  ["undefined", undefined, "undefined"],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["a list", ["a", "b"], "a,b"],
  ["a plain object", { code: 1 }, "[object Object]"],
  ["an object without a prototype", Object.create(null), UNTELLABLE],
  [
    "an object that throws when it is written out",
    {
      toString() {
        throw new Error("no");
      },
    },
    UNTELLABLE,
  ],
  [
    "a proxy that throws whatever it is asked",
    new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error("no");
        },
      },
    ),
    UNTELLABLE,
  ],
];

describe("whatever a handler throws is one failed step", () => {
  it.each(THROWN)("if it throws %s at once", async (_, thrown, error) => {
    const handler = handlerOf(() => {
      throw thrown;
    });
    const { result } = await drive(jobOf(2), handler);
    expect(handler.calls).toHaveLength(1);
    expect(result).toMatchObject({
      finalStatus: "FAILED",
      finalReason: `Step 0 failed: ${error}`,
      stepResults: [{ status: "FAILED", error, errorClass: "unknown" }],
      stepsNotRun: [{ stepIndex: 1 }],
    });
  });

  it.each(THROWN)("if it rejects with %s later", async (_, thrown, error) => {
    const handler = handlerOf(async () => {
      await Promise.resolve();
      throw thrown;
    });
    const { result, records } = await drive(jobOf(2), handler);
    expect(handler.calls).toHaveLength(1);
    expect(result.stepResults).toMatchObject([{ status: "FAILED", error, errorClass: "unknown" }]);
    expect(records.at(-1)).toMatchObject({ event_type: "step.failed", reason: error });
    expect(result.stepResults[0]).not.toHaveProperty("output");
  });
});
