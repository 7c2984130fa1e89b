import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRequest, planOfChanges } from "#governance";
import type { ChangePlan, ChangeRequest } from "#governance";
import { jobViolations } from "#model";
import { ONE_OF_EACH, requestWith } from "../request/examples.ts";
import { isDeepFrozen } from "../support/deep-freeze.ts";

function plan(changes: unknown): ChangePlan {
  return planOfChanges(requestWith({ changes }) as unknown as ChangeRequest); // `as`: tests also say what no typed caller could
}

function enable(capability: string): unknown {
  return { type: "capability_enable", capability };
}

describe("planning the changes of a request", () => {
  it("makes one step of each change, on its resource key, in the order of the request", () => {
    const step = { timeoutSeconds: 30 };
    expect(plan(ONE_OF_EACH.changes)).toEqual({
      verdict: "PLANNED",
      steps: [
        { ...step, stepIndex: 0, stepType: "capability_enable", target: "capability/http.post", parameters: {} },
        { ...step, stepIndex: 1, stepType: "capability_disable", target: "capability/SYSTEM", parameters: {} },
        {
          ...step,
          stepIndex: 2,
          stepType: "configuration_update",
          target: "configuration/retry.limit",
          parameters: { value: { most: 3 } },
        },
        {
          ...step,
          stepIndex: 3,
          stepType: "parameter_change",
          target: "capability/http.post/parameters/timeout_ms",
          parameters: { value: null },
        },
      ],
      scope: [
        "capability/http.post",
        "capability/SYSTEM",
        "configuration/retry.limit",
        "capability/http.post/parameters/timeout_ms",
      ],
      stepTypes: ["capability_disable", "capability_enable", "configuration_update", "parameter_change"],
    });
  });

  it("names each step type once, and none that no change needs", () => {
    expect(plan([enable("b"), enable("a")])).toMatchObject({
      stepTypes: ["capability_enable"],
      scope: ["capability/b", "capability/a"],
    });
  });

  it("refuses every change that has no type, an unknown type or another form, all at once", () => {
    const changes = [
      { type: "capability_enable", capability: "ok" },
      { capability: "x" },
      { type: "change_revert", capability: "x" },
      { type: "no_op" },
      null,
      { type: "configuration_update", key: "k" },
    ];
    const answer = plan(changes);
    expect(answer.verdict === "REFUSED" && answer.reasons.map(({ field }) => field)).toEqual([
      "changes[1].type",
      "changes[2].type",
      "changes[3].type",
      "changes[4]",
      "changes[5].value",
    ]);
  });

  it.each([[[]], [null], ["capability_enable"], [{ length: 1 }]])(
    "refuses %j, in which there is no change",
    (changes) => {
      expect(plan(changes)).toMatchObject({ verdict: "REFUSED", reasons: [{ field: "changes" }] });
    },
  );

  it("refuses two changes of one resource, of which the second would hide the first", () => {
    const change = { type: "configuration_update", key: "k", value: 1 };
    expect(plan([change, { ...change, value: 2 }])).toMatchObject({ reasons: [{ field: "changes[1]" }] });
  });

  it("plans whatever the reader of requests lets through, as a job whose form is right", () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,8}$/);
    const value = fc.jsonValue({ maxDepth: 3 });
    const change = fc.oneof(
      fc.record({ type: fc.constantFrom("capability_enable", "capability_disable"), capability: name }),
      fc.record({ type: fc.constant("configuration_update"), key: name, value }),
      fc.record({ type: fc.constant("parameter_change"), capability: name, parameter: name, value }),
    );
    let planned = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const capabilities = [
          ...new Set(changes.map((one) => ("capability" in one ? one.capability : "configuration"))),
        ];
        const read = checkRequest(requestWith({ changes, capabilities }));
        if (read.verdict === "REFUSED") return;
        planned += 1;
        const answer = planOfChanges(read.request);
        if (answer.verdict === "REFUSED") throw new Error(JSON.stringify(answer));
        expect(answer.steps.length).toBe(changes.length);
        expect(answer.scope).toEqual(answer.steps.map(({ target }) => target));
        expect(new Set(answer.scope).size).toBe(changes.length);
        expect(jobViolations({ jobId: "j", contractId: "c", executedBy: "e", steps: answer.steps })).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(planned).toBeGreaterThan(300);
  });

  it("never throws on any JSON, freezes its answer, and answers the same bytes again", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        for (const value of [json, { changes: json }, { changes: [json] }]) {
          const answer = planOfChanges(value as unknown as ChangeRequest); // `as`: this is the point
          expect(answer.verdict).toBe("REFUSED");
          expect(isDeepFrozen(answer)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(isDeepFrozen(plan(ONE_OF_EACH.changes))).toBe(true);
    expect(JSON.stringify(plan(ONE_OF_EACH.changes))).toBe(JSON.stringify(plan(structuredClone(ONE_OF_EACH.changes))));
  });
});
