import { describe, expect, it } from "vitest";
import type { Json, StepResult } from "#model";
import { isDeepFrozen } from "../governance/support/deep-freeze.ts";
import { ManualClock } from "../support/clock.ts";
import { drive } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { handlerOf, never, succeed } from "../support/step-handler.ts";

const CHARACTERS = 8 * 1024 * 1024;
const DEPTH = 64;

/** The result of a step whose handler answers this. */
async function resultOf(answer: unknown): Promise<StepResult | undefined> {
  const { result } = await drive(
    jobOf(1),
    handlerOf(() => answer),
  );
  return result.stepResults[0];
}

/** The result of a step whose handler succeeds with this output. */
function resultOfOutput(output: unknown): Promise<StepResult | undefined> {
  return resultOf({ success: true, output });
}

function nested(depth: number): Json {
  let value: Json = "the bottom";
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

/** A value that fits into a few lines of memory and is 2^40 values as JSON. */
function hugeGraph(): unknown {
  let value: unknown = 0;
  for (let level = 0; level < 40; level += 1) value = [value, value];
  return value;
}

function cycle(): unknown {
  const ring: unknown[] = [];
  ring.push({ ring });
  return ring;
}

const NOT_JSON: readonly (readonly [string, () => unknown, string])[] = [
  ["undefined", () => undefined, "JSON cannot say this undefined"],
  ["a member that is undefined", () => ({ a: undefined }), "JSON cannot say this undefined"],
  ["a hole in a list", () => Array.from({ length: 2 }).fill(1, 0, 1), "JSON cannot say this undefined"],
  ["a BigInt", () => ({ a: 1n }), "JSON cannot say this bigint"],
  ["a symbol", () => [Symbol("s")], "JSON cannot say this symbol"],
  ["a function", () => ({ toJSON: () => 1 }), "JSON cannot say this function"],
  ["NaN", () => [Number.NaN], "JSON cannot say this number"],
  ["infinity", () => Number.POSITIVE_INFINITY, "JSON cannot say this number"],
  ["a Date", () => ({ at: new Date(0) }), "the value is not a plain object"],
  ["a Map", () => new Map([["a", 1]]), "the value is not a plain object"],
  ["a typed array", () => new Uint8Array(2), "the value is not a plain object"],
  ["an instance of a class", () => new ManualClock(), "the value is not a plain object"],
  ["a boxed text", () => Object("text") as unknown, "the value is not a plain object"],
  ["a lone surrogate", () => "\ud800", "a text has a lone surrogate"],
  ["a name with a lone surrogate", () => ({ "\udc00": 1 }), "a text has a lone surrogate"],
  ["a cycle", cycle, `the value is nested deeper than ${DEPTH}, or a cycle`],
  ["one level too many", () => nested(DEPTH + 1), `the value is nested deeper than ${DEPTH}, or a cycle`],
  ["a graph of 2^40 values", hugeGraph, `the value is larger than ${CHARACTERS} characters`],
  ["a text one too long", () => "x".repeat(CHARACTERS - 1), `the value is larger than ${CHARACTERS} characters`],
  [
    "names that are too long",
    () => ({ ["x".repeat(CHARACTERS)]: 1 }),
    `the value is larger than ${CHARACTERS} characters`,
  ],
  [
    "a getter that throws",
    () => ({
      get a() {
        throw new Error("not today");
      },
    }),
    "not today",
  ],
  [
    "a proxy that throws",
    () =>
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error("not through me");
          },
        },
      ),
    "not through me",
  ],
  ["a proxy that was revoked", revoked, "Cannot perform 'IsArray' on a proxy that has been revoked"],
];

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe("an output that is not JSON", () => {
  it.each(NOT_JSON)("that has or is %s is a broken contract, named in the error", async (_, make, said) => {
    expect(await resultOfOutput(make())).toMatchObject({
      status: "FAILED",
      errorClass: "handler_contract",
      error: expect.stringContaining(`handler contract broken: ${said}`) as string,
    });
  });

  it("fails the step without any output in its record", async () => {
    const { result, records } = await drive(
      jobOf(2),
      handlerOf(() => ({ success: true, output: 1n })),
    );
    expect(result).toMatchObject({ finalStatus: "FAILED", stepsExecuted: 1 });
    expect(result.stepResults[0]).not.toHaveProperty("output");
    expect(records.at(-1)).toMatchObject({ event_type: "step.failed", error_class: "handler_contract" });
  });

  it("fails a step that reported a failure in the same way", async () => {
    expect(await resultOf({ success: false, error: "no", output: 1n })).toMatchObject({
      status: "FAILED",
      errorClass: "handler_contract",
    });
  });

  it("is also what repeats the parameters until it is too large", async () => {
    const parameters = { text: "x".repeat(200_000) };
    const handler = handlerOf(({ step }) => ({
      success: true,
      output: Array.from({ length: 50 }, () => step.parameters),
    }));
    const { result } = await drive(jobOf([{ parameters }]), handler);
    expect(result.stepResults).toMatchObject([{ errorClass: "handler_contract" }]);
  });

  it("is also what wraps the parameters once more than they may be nested", async () => {
    const parameters = { in: nested(DEPTH - 1) };
    const handler = handlerOf(({ step }) => ({ success: true, output: [step.parameters] }));
    const { result } = await drive(jobOf([{ parameters }]), handler);
    expect(result.stepResults).toMatchObject([{ errorClass: "handler_contract" }]);
  });
});

describe("an output that is JSON", () => {
  it.each<[string, unknown, Json]>([
    ["null", null, null],
    ["a text", "täxt 🜚", "täxt 🜚"],
    ["an empty text", "", ""],
    ["a truth value", false, false],
    ["a number", 1e300, 1e300],
    ["an empty list", [], []],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ["an honest proxy", new Proxy({ a: [1] }, {}), { a: [1] }],
    ["as many levels as are allowed", nested(DEPTH), nested(DEPTH)],
    ["the same value twice", Array.from({ length: 2 }, () => "same"), ["same", "same"]],
    ["a member that only looks inherited", JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 1}') as Json],
  ])("is kept if it is %s", async (_, output, kept) => {
    const result = await resultOfOutput(output);
    expect(result).toMatchObject({ status: "COMPLETED" });
    expect(JSON.stringify(result?.output)).toBe(JSON.stringify(kept));
    expect(isDeepFrozen(result?.output)).toBe(true);
  });

  it("has no negative zero, which JSON does not know", async () => {
    expect((await resultOfOutput([-0]))?.output).toStrictEqual([0]);
  });

  it("is kept up to 8 MiB", async () => {
    const longest = "x".repeat(CHARACTERS - 2);
    expect(await resultOfOutput(longest)).toMatchObject({ status: "COMPLETED", output: longest });
  });

  it("is a copy that the handler cannot change afterwards", async () => {
    const said = { list: [1, 2], deep: { a: "b" } };
    const handler = handlerOf(({ step }) => {
      if (step.stepIndex === 1) Object.assign(said, { list: "changed" }).deep.a = "changed";
      return { success: true, output: said };
    });
    const { result } = await drive(jobOf(2), handler);
    expect(result.stepResults[0]?.output).toEqual({ list: [1, 2], deep: { a: "b" } });
    expect(Object.isFrozen(said)).toBe(false);
  });

  it("is kept beside the error of a step that failed", async () => {
    expect(await resultOf({ success: false, output: { seen: 1 }, error: "no" })).toMatchObject({
      status: "FAILED",
      error: "no",
      output: { seen: 1 },
    });
  });
});

describe("an answer that is no step output", () => {
  it.each<[string, unknown, string]>([
    ["nothing", undefined, "it returned undefined"],
    ["null", null, "it returned null"],
    ["a text", "done", "it returned done"],
    ["true", true, "it returned true"],
    ["a symbol", Symbol("s"), "it returned Symbol(s)"],
    ["an object without members", {}, '"success" is not a boolean but undefined'],
    ["a list", [true], '"success" is not a boolean but undefined'],
    ["a success that is a number", { success: 1, output: null }, '"success" is not a boolean but number'],
    ["an error that is an object", { success: false, output: null, error: {} }, '"error" is not a string but object'],
    ["a success with an error", { success: true, output: null, error: "but" }, "it said success and the error: but"],
  ])("such as %s is a broken contract", async (_, answer, said) => {
    expect(await resultOf(answer)).toMatchObject({
      status: "FAILED",
      errorClass: "handler_contract",
      error: `handler contract broken: ${said}`,
    });
  });

  it("because a getter throws is a broken contract", async () => {
    const answer = {
      get success() {
        throw new Error("ask me not");
      },
    };
    expect(await resultOf(answer)).toMatchObject({
      errorClass: "handler_contract",
      error: "handler contract broken: ask me not",
    });
  });

  it("because it is a promise that never settles ends with the deadline", async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- a thenable is what this is about
    expect(await resultOf({ then: () => never() })).toMatchObject({ errorClass: "timeout", late: "running" });
  });

  it("because its promise cannot even be asked is a throw", async () => {
    const answer = {
      // oxlint-disable-next-line unicorn/no-thenable -- a thenable is what this is about
      get then() {
        throw new Error("no then");
      },
    };
    expect(await resultOf(answer)).toMatchObject({ errorClass: "unknown", error: "no then" });
  });

  it("because the handler has no such method is a throw", async () => {
    const { result } = await drive(jobOf(2), { act: {} as ReturnType<typeof handlerOf> }); // a caller without types
    expect(result.stepResults).toMatchObject([
      { status: "FAILED", errorClass: "unknown", error: expect.stringContaining("is not a function") as string },
    ]);
  });
});

describe("a failure that a handler reports", () => {
  it.each(["transient_io", "validation_failed", "timeout", "sandbox_violation", "permanent", "unknown"])(
    "keeps the class %s that the handler gives it",
    async (errorClass) => {
      expect(await resultOf({ success: false, output: null, error: "no", errorClass })).toMatchObject({ errorClass });
    },
  );

  it.each(["cancelled", "in_doubt", "handler_contract", "hard_gate_failed", "made up", 7, null, undefined])(
    "is of class unknown if the handler calls it %s",
    async (errorClass) => {
      expect(await resultOf({ success: false, output: null, error: "no", errorClass })).toMatchObject({
        status: "FAILED",
        errorClass: "unknown",
        error: "no",
      });
    },
  );

  it.each([undefined, null, ""])("without an error, %s, says that there is none", async (error) => {
    expect(await resultOf({ success: false, output: null, error })).toMatchObject({
      error: "the handler reported a failure without an error",
      errorClass: "unknown",
    });
  });

  it("has its error cut to 4,096 characters, with a mark of the cut", async () => {
    const [fits, cut] = [
      await resultOf({ success: false, output: null, error: "x".repeat(4096) }),
      await resultOf({ success: false, output: null, error: "x".repeat(4097) }),
    ];
    expect(fits?.error).toBe("x".repeat(4096));
    expect(cut?.error).toBe(`${"x".repeat(4095)}…`);
  });

  it("has its error made well-formed, also where it is cut", async () => {
    const broken = await resultOf({ success: false, output: null, error: "a\ud800b" });
    const cut = await resultOf({ success: false, output: null, error: "🜚".repeat(2049) });
    expect(broken?.error).toBe("a\ufffdb");
    expect(cut?.error?.isWellFormed()).toBe(true);
    expect(cut?.error).toHaveLength(4096);
  });

  it("may say null for no error when it is a success", async () => {
    expect(await resultOf({ ...succeed(), error: null, errorClass: "permanent" })).toStrictEqual(
      await resultOf(succeed()),
    );
  });
});
