import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobViolations, LIMITS } from "#model";
import type { Job, JobStep } from "#model";
import { jobOf } from "../support/job.ts";

/** Fields of which something is said. */
function fieldsOf(job: Job): string[] {
  return jobViolations(job).map(({ field }) => field);
}

/** Descriptions, for a job of one step with these changes. */
function saidOfStep(changes: Partial<JobStep>): string[] {
  return jobViolations(jobOf([changes])).map(({ field, description }) => `${field} ${description}`);
}

const LONGEST_ID = "a".repeat(LIMITS.idCharacters);

describe("a job's ids", () => {
  const GOOD = ["a", "0", "A-b_c.9", "a..b", "a-", LONGEST_ID];
  const BAD = ["", " ", ".a", "-a", "_a", "a b", "a/b", "ä", "a\n", "a\u0000", "../a", `${LONGEST_ID}a`];

  it.each(GOOD)("may be %s", (id) => {
    expect(fieldsOf(jobOf(1, { jobId: id, contractId: id }))).toEqual([]);
  });

  it.each(BAD)("may not be %j, neither of the job nor of its contract", (id) => {
    expect(fieldsOf(jobOf(1, { jobId: id }))).toEqual(["job_id"]);
    expect(fieldsOf(jobOf(1, { contractId: id }))).toEqual(["contract_id"]);
  });

  it("are told with what was seen, cut to what fits a message, and what is expected", () => {
    const [short, long] = [jobOf(1, { jobId: "a b" }), jobOf(1, { jobId: "ä".repeat(200) })].map(jobViolations);
    expect(short).toEqual([
      {
        field: "job_id",
        description: 'is "a b"; expected 1 to 128 of A-Z a-z 0-9 . _ - with a letter or digit first',
      },
    ]);
    expect(long?.[0]?.description).toContain(`is "${"ä".repeat(40)}…";`);
  });
});

describe("who executes a job", () => {
  it.each([1, LIMITS.idCharacters])("may be a text of %i characters", (length) => {
    expect(fieldsOf(jobOf(1, { executedBy: "ä".repeat(length) }))).toEqual([]);
  });

  it.each([0, LIMITS.idCharacters + 1])("may not be a text of %i characters", (length) => {
    expect(jobViolations(jobOf(1, { executedBy: "x".repeat(length) }))).toEqual([
      { field: "executed_by", description: `has ${length} characters; expected 1 to 128` },
    ]);
  });

  it("may not have a lone surrogate, which no record could say", () => {
    expect(jobViolations(jobOf(1, { executedBy: "ada\ud800" }))).toEqual([
      { field: "executed_by", description: "has a lone surrogate; expected well-formed Unicode" },
    ]);
  });
});

describe("a limit in seconds", () => {
  const GOOD = [Number.MIN_VALUE, 0.001, 1, 300, LIMITS.timeoutSeconds];
  const BAD = [
    0,
    -0,
    -1,
    LIMITS.timeoutSeconds + 1,
    LIMITS.timeoutSeconds * 1.000_001,
    Infinity,
    -Infinity,
    Number.NaN,
  ];

  it.each(GOOD)("may be %d, of a step and of a job", (seconds) => {
    expect(fieldsOf(jobOf([{ timeoutSeconds: seconds }], { timeoutSeconds: seconds }))).toEqual([]);
  });

  it.each(BAD)("may not be %d, neither of a step nor of a job", (seconds) => {
    const description = `is ${seconds}; expected seconds, more than 0 and at most ${LIMITS.timeoutSeconds}`;
    expect(jobViolations(jobOf([{ timeoutSeconds: seconds }], { timeoutSeconds: seconds }))).toEqual([
      { field: "job_timeout_seconds", description },
      { field: "steps[0].timeout_seconds", description },
    ]);
  });

  it("may be absent from a job, which then has none", () => {
    expect(fieldsOf(jobOf(1))).toEqual([]);
  });
});

describe("the steps of a job", () => {
  it("may be none at all, for it is a plan that must not be empty", () => {
    expect(fieldsOf(jobOf(0))).toEqual([]);
  });

  it("may be as many as the limit says and not one more", () => {
    expect(fieldsOf(jobOf(LIMITS.stepsPerJob))).toEqual([]);
    expect(jobViolations(jobOf(LIMITS.stepsPerJob + 1))).toEqual([
      { field: "steps", description: "has 10001 steps; at most 10000 are allowed: split the job" },
    ]);
  });

  it.each([-1, 1, 0.5, Number.NaN, Infinity])("may not have the index %d at position 0", (stepIndex) => {
    expect(saidOfStep({ stepIndex })).toEqual([
      `steps[0].step_index is ${stepIndex}; it must equal the position in the list, 0`,
    ]);
  });

  it("may not have an index twice, which is told at the place of the second", () => {
    expect(fieldsOf(jobOf([{}, { stepIndex: 0 }]))).toEqual(["steps[1].step_index"]);
  });

  it.each(["a", "a.b", "command.run", "a_1.b_2", "a.1", `a${"b".repeat(LIMITS.idCharacters - 1)}`])(
    "may have the type %s",
    (stepType) => {
      expect(saidOfStep({ stepType })).toEqual([]);
    },
  );

  it.each([..."|A|1a|_a|.a|a.|a..b|a.B|a b|a-b|a/b|ä|a\n".split("|"), `a${"b".repeat(LIMITS.idCharacters)}`])(
    "may not have the type %j",
    (stepType) => {
      const said = saidOfStep({ stepType });
      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(
        /^steps\[0\]\.step_type is ".*"; expected a name such as command\.run, at most 128 characters$/s,
      );
    },
  );

  it.each([0, 1, LIMITS.targetCharacters])("may have a target of %i characters", (length) => {
    expect(saidOfStep({ target: "ä".repeat(length) })).toEqual([]);
  });

  it("may not have a target that is one character too long, or a lone surrogate in it", () => {
    expect(saidOfStep({ target: "x".repeat(LIMITS.targetCharacters + 1) })).toEqual([
      "steps[0].target has 1025 characters; expected 0 to 1024",
    ]);
    expect(saidOfStep({ target: "\udc00" })).toEqual([
      "steps[0].target has a lone surrogate; expected well-formed Unicode",
    ]);
  });
});

describe("all problems of a job", () => {
  it("are told at once, in the order of its members", () => {
    const worst = { stepIndex: 9, stepType: "", target: "\ud800", timeoutSeconds: 0 };
    expect(fieldsOf(jobOf([worst, worst], { jobId: "", contractId: "", executedBy: "", timeoutSeconds: -1 }))).toEqual([
      "job_id",
      "contract_id",
      "executed_by",
      "job_timeout_seconds",
      ...[0, 1].flatMap((at) =>
        ["step_index", "step_type", "target", "timeout_seconds"].map((member) => `steps[${at}].${member}`),
      ),
    ]);
  });

  it("are counted up to a hundred, so that the answer stays small", () => {
    const told = [99, 100, 101, 10_000].map(
      (count) => fieldsOf(jobOf(Array.from({ length: count }, () => ({ timeoutSeconds: 0 })))).length,
    );
    expect(told).toEqual([99, 100, 100, 100]);
  });

  it("are none exactly if each member by itself has none", () => {
    const seconds = fc.constantFrom(0, 1, LIMITS.timeoutSeconds, LIMITS.timeoutSeconds + 1);
    const member = fc.record({
      jobId: fc.constantFrom("a", "", "a b"),
      executedBy: fc.constantFrom("ada", ""),
      stepType: fc.constantFrom("act", "Act"),
      target: fc.constantFrom("", "\ud800"),
      timeoutSeconds: seconds,
    });
    fc.assert(
      fc.property(member, ({ jobId, executedBy, ...step }) => {
        const alone = [
          jobOf(0, { jobId }),
          jobOf(0, { executedBy }),
          jobOf([{ stepType: step.stepType }]),
          jobOf([{ target: step.target }]),
          jobOf([{ timeoutSeconds: step.timeoutSeconds }]),
        ].flatMap((job) => jobViolations(job));
        expect(jobViolations(jobOf([step], { jobId, executedBy }))).toEqual(alone);
      }),
    );
  });
});
