import { describe, expect, it } from "vitest";
import { createSecretVault, redactedStepType } from "#effects";
import type { StepType } from "#effects";
import { JobExecutor } from "#executor";
import type { StepResult } from "#model";
import { FakeClock } from "../../evidence/support/fake-clock.ts";
import { handlerOf } from "../../support/step-handler.ts";
import { contextOf } from "../support/bench-of-commands.ts";

const SECRET = "correct horse/battery+staple";
const { redactor } = createSecretVault({ sources: { key: { environment: "KEY" } }, environment: { KEY: SECRET } });

function typeOf(answer: () => unknown): StepType {
  return {
    name: "test.say",
    handler: handlerOf(answer),
    checkParameters: () => [{ field: `environment.${SECRET}`, description: `is ${SECRET}` }],
    parametersSchema: { type: "object" },
  };
}

/** What the executor makes of a handler that answers so. */
async function resultOf(answer: () => unknown): Promise<StepResult> {
  const type = redactedStepType(typeOf(answer), redactor);
  const step = { stepIndex: 0, stepType: "test.say", target: "", parameters: {}, timeoutSeconds: 300 };
  const job = { jobId: "job-1", contractId: "c", executedBy: "tester", steps: [step] };
  const machine = new JobExecutor([["test.say", type.handler]]);
  const execution = machine.executeJob(job as never, { clock: new FakeClock() }); // admitted by the test
  for (;;) {
    const next = await execution.next();
    if (next.done === true) return next.value.stepResults[0]!;
  }
}

describe("a step type whose words are redacted", () => {
  it.each<[string, () => unknown]>([
    ["its output", () => ({ success: true, output: { text: [`x${SECRET}`], [SECRET]: 1 } })],
    ["its error", () => ({ success: false, output: null, error: `cannot log in with ${SECRET}` })],
    ["an error with a success", () => ({ success: true, output: null, error: SECRET })],
    ["an error that it throws", () => Promise.reject(new Error(`no: ${Buffer.from(SECRET).toString("base64")}`))],
    ["a text that it throws", () => Promise.reject(SECRET)], // eslint-disable-line prefer-promise-reject-errors -- handlers do
    ["a text in place of an output", () => SECRET],
    ["a list in place of an error", () => ({ success: false, output: SECRET, error: [SECRET] })],
    ["a class in the error", () => ({ success: false, output: null, error: "", errorClass: SECRET })],
  ])("lets no secret out in %s", async (_case, answer) => {
    const told = JSON.stringify(await resultOf(answer));
    expect(told).not.toContain("horse");
    expect(told).not.toContain(Buffer.from(SECRET).toString("base64").slice(0, 12));
  });

  it("lets no secret out in what it says of parameters", () => {
    const type = redactedStepType(
      typeOf(() => undefined),
      redactor,
    );
    expect(type.checkParameters({})).toEqual([
      { field: "environment.[redacted:key]", description: "is [redacted:key]" },
    ]);
  });

  it("changes nothing else: what the handler is given, and what it says without secrets", async () => {
    const said = { success: false, output: { a: [1, "two", null] }, error: "meant to", errorClass: "permanent" };
    const handler = handlerOf(() => said);
    const type = redactedStepType({ ...typeOf(() => undefined), handler }, redactor);
    const step = { stepIndex: 0, stepType: "test.say", target: "", parameters: { key: SECRET }, timeoutSeconds: 1 };
    const { signal } = new AbortController();
    const context = contextOf("job-1/0");
    expect(await type.handler.execute(step, context, { signal })).toEqual(said);
    expect(handler.calls).toEqual([{ step, context, signal }]);
    expect(await resultOf(() => undefined)).toMatchObject({ error: expect.stringContaining("undefined") as string });
  });

  it("throws the same error that the handler has thrown, if there is no secret in it", async () => {
    const thrown = new RangeError("as it was");
    const type = redactedStepType(
      typeOf(() => Promise.reject(thrown)),
      redactor,
    );
    const step = { stepIndex: 0, stepType: "test.say", target: "", parameters: {}, timeoutSeconds: 1 };
    const executing = type.handler.execute(step, contextOf("job-1/0"), { signal: new AbortController().signal });
    await expect(executing).rejects.toBe(thrown);
  });
});
