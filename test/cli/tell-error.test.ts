import { describe, expect, it } from "vitest";
import { AssertionFailure, Fault } from "#model";
import { Output } from "../../src/cli/output.ts";
import { errorText, tellError, toldError } from "../../src/cli/tell-error.ts";
import { KeptStream } from "./support/kept-stream.ts";

const VIOLATIONS = [
  { field: "job.yaml:3", description: "steps[0].target: is wrong" },
  { field: "job.yaml:9", description: "evil \u001B[2J\nverbatim: all is well" },
];

async function told(error: unknown, json: boolean) {
  const [out, err] = [new KeptStream(), new KeptStream()];
  const colour = { colour: false };
  await tellError(error, { stdout: new Output(out.stream, colour), stderr: new Output(err.stream, colour), json });
  return { out: out.text, err: err.text };
}

describe("an error that ends a command", () => {
  it("is one paragraph on standard error, with every violation on a line of its own", async () => {
    const { out, err } = await told(
      new Fault("INVALID_REQUEST", "The job is not valid.", { violations: VIOLATIONS }),
      false,
    );
    expect(out).toBe("");
    expect(err).toBe(String.raw`verbatim: The job is not valid.
  job.yaml:3  steps[0].target: is wrong
  job.yaml:9  evil \u{1b}[2J\nverbatim: all is well
`);
  });

  it("is JSON on standard output where JSON was asked for, and nothing else", async () => {
    const { out, err } = await told(new Fault("JOB_ID_TAKEN", "Choose another.", { violations: VIOLATIONS }), true);
    expect(err).toBe("");
    expect(JSON.parse(out)).toEqual({
      error: { code: "JOB_ID_TAKEN", message: "Choose another.", violations: VIOLATIONS },
    });
  });

  it("is never a stack, whoever threw it", () => {
    for (const error of [
      new TypeError("x is not a function"),
      new AssertionFailure("a law"),
      "text",
      undefined,
      null,
    ]) {
      const { code, message } = toldError(error);
      expect(code).toBe("INTERNAL");
      expect(message).not.toMatch(/\n| at /);
    }
    expect(toldError(new AssertionFailure("a law")).message).toBe("Verbatim is wrong here; this does not hold: a law");
  });

  it("with a list in its own message does not list it twice", () => {
    const message = "The configuration is not valid:\n  verbatim.yaml:3  a: is wrong";
    expect(errorText({ code: "INVALID_CONFIGURATION", message, violations: VIOLATIONS })).toBe(
      `verbatim: ${message}\n`,
    );
  });

  it("shows at most a hundred violations, and counts the others", () => {
    const violations = Array.from({ length: 101 }, (_none, at) => ({ field: `f:${at}`, description: "is wrong" }));
    const lines = errorText({ code: "INVALID_REQUEST", message: "Not valid.", violations }).split("\n");
    expect(lines).toHaveLength(1 + 100 + 1 + 1);
    expect(lines[101]).toBe("  and 1 more; --json lists all");
  });
});
