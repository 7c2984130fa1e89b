import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { admitJob } from "#governance";
import type { AdmissionVerdict } from "#governance";
import type { Job } from "#model";
import { deepFreeze, isDeepFrozen } from "../support/deep-freeze.ts";

const SOURCE = join(import.meta.dirname, "../../../src");

function jobOf(stepTypes: readonly string[]): Job {
  const steps = stepTypes.map((stepType, stepIndex) => ({
    stepIndex,
    stepType,
    target: `target-${stepIndex}`,
    parameters: { n: stepIndex },
    timeoutSeconds: 300,
  }));
  return { jobId: "job-1", contractId: "contract-1", executedBy: "ada", steps };
}

function admit(
  stepTypes: readonly string[],
  facts: { known?: readonly string[]; scopes?: readonly string[] } = {},
): AdmissionVerdict {
  return admitJob(deepFreeze(jobOf(stepTypes)), {
    knownStepTypes: new Set(facts.known ?? ["http.post", "command.run"]),
    scopes: new Set(facts.scopes ?? ["execute"]),
  });
}

function longNames(letter: string): readonly string[] {
  return Array.from({ length: 500 }, (_, index) => `${letter}${index}`.padEnd(128, letter));
}

const SCOPE_REASON = {
  field: "scopes",
  description: 'are empty; executing a job needs "execute": use a credential that has it',
};

describe("admitting a job", () => {
  it("admits a job whose step types are all known to a caller who may execute", () => {
    expect(admit(["command.run", "http.post", "command.run"])).toEqual({
      verdict: "ADMITTED",
      job: jobOf(["command.run", "http.post", "command.run"]),
    });
  });

  it("admits a job without steps, which the executor completes with nothing done", () => {
    expect(admit([], { known: [] })).toEqual({ verdict: "ADMITTED", job: jobOf([]) });
  });

  it("refuses a caller who has no scope at all and says which one is needed", () => {
    expect(admit(["http.post"], { scopes: [] })).toEqual({ verdict: "REFUSED", reasons: [SCOPE_REASON] });
  });

  it("refuses a caller who has other scopes and names them", () => {
    const verdict = admit(["http.post"], { scopes: ["watch", "Execute", "audit"] });
    expect(verdict).toMatchObject({
      verdict: "REFUSED",
      reasons: [{ field: "scopes", description: expect.stringContaining('are only "Execute", "audit", "watch"; ') }],
    });
  });

  it("refuses every step whose type is unknown and tells what is known and where to allow more", () => {
    expect(admit(["http.post", "rocket.launch", "command.run", "constructor"])).toEqual({
      verdict: "REFUSED",
      reasons: [
        { field: "steps[1].step_type", description: 'is "rocket.launch", which is not known here' },
        { field: "steps[3].step_type", description: 'is "constructor", which is not known here' },
        {
          field: "steps",
          description:
            'has 2 of 4 steps of a type that is not known here (known: "command.run", "http.post"); ' +
            "correct the job, or allow the type in the server's configuration (key `steps`)",
        },
      ],
    });
  });

  it("tells when no step type is known at all", () => {
    const verdict = admit(["http.post"], { known: [] });
    expect(verdict).toMatchObject({ reasons: [{}, { description: expect.stringContaining("(known: none)") }] });
  });

  it("lists the missing scope and the unknown step types together", () => {
    const verdict = admit(["rocket.launch"], { scopes: [] });
    expect(verdict).toMatchObject({
      verdict: "REFUSED",
      reasons: [SCOPE_REASON, { field: "steps[0].step_type" }, { field: "steps" }],
    });
  });

  it.each([
    [20, 20],
    [21, 20],
    [10_000, 20],
  ])("of %i unknown step types names %i and counts them all", (unknown, named) => {
    const verdict = admit(Array.from({ length: unknown }, (_, index) => `unknown.${index}`));
    if (verdict.verdict === "ADMITTED") throw new Error("the job was admitted");
    expect(verdict.reasons.map(({ field }) => field)).toEqual([
      ...Array.from({ length: named }, (_, index) => `steps[${index}].step_type`),
      "steps",
    ]);
    expect(verdict.reasons.at(-1)?.description).toMatch(new RegExp(`^has ${unknown} of ${unknown} steps `));
  });

  it("keeps a refusal short enough for the trailers of a call, however long the names are", () => {
    const verdict = admit(longNames("u"), { known: longNames("k") });
    expect(Buffer.byteLength(JSON.stringify(verdict))).toBeLessThan(8 * 1024);
  });

  it("names a step by its place in the list, not by the index it claims", () => {
    const [step] = jobOf(["rocket.launch"]).steps;
    const job: Job = { ...jobOf([]), steps: [{ ...step!, stepIndex: 7 }] };
    const verdict = admitJob(job, { knownStepTypes: new Set(), scopes: new Set(["execute"]) });
    expect(verdict).toMatchObject({ reasons: [{ field: "steps[0].step_type" }, {}] });
  });

  it("admits a copy, so that nothing done to the caller's job afterwards reaches what was admitted", () => {
    const job = jobOf(["http.post"]) as { -readonly [K in keyof Job]: Job[K] } & { steps: { stepType: string }[] }; // `as`: a caller who writes
    const verdict = admitJob(job, { knownStepTypes: new Set(["http.post"]), scopes: new Set(["execute"]) });
    job.contractId = "contract-2";
    job.steps[0]!.stepType = "rocket.launch";
    job.steps.push({ ...job.steps[0]! });
    expect(verdict).toEqual({ verdict: "ADMITTED", job: jobOf(["http.post"]) });
  });

  it("freezes its answer, a refusal wholly and an admitted job down to the steps", () => {
    expect(isDeepFrozen(admit(["rocket.launch"], { scopes: [] }))).toBe(true);
    const verdict = admitJob(jobOf(["http.post"]), {
      knownStepTypes: new Set(["http.post"]),
      scopes: new Set(["execute"]),
    });
    if (verdict.verdict === "REFUSED") throw new Error("the job was refused");
    expect([verdict, verdict.job, verdict.job.steps, verdict.job.steps[0]].every(Object.isFrozen)).toBe(true);
  });

  it("is the only place of the product that mints an admitted job, beside the one that reads an admission back from its log", () => {
    const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(20);
    const minting = files.filter((path) => /\bas\s+AdmittedJob\b/u.test(readFileSync(join(SOURCE, path), "utf8")));
    expect(minting.toSorted()).toEqual([
      join("governance", "admission", "admit-job.ts"),
      join("worker", "recorded-admission.ts"),
    ]);
  });
});
