import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobViolations, LIMITS } from "#model";
import { jobFileSchema, jobSchema } from "../../../src/cli/job-file/schema.ts";
import { configurationJsonSchema } from "../../../src/main/configuration-json-schema.ts";

const SCHEMAS = join(import.meta.dirname, "../../../docs/schemas");

async function published(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(SCHEMAS, name), "utf8"));
}

describe("the published schemas", () => {
  it("are those of this code; print them anew with `verbatim job schema` and `verbatim config schema`", async () => {
    expect(await published("job.schema.json")).toEqual(jobSchema());
    expect(await published("configuration.schema.json")).toEqual(configurationJsonSchema());
  });

  it("name their draft, describe every member and forbid every other", () => {
    const { $schema, properties, additionalProperties } = jobSchema();
    expect($schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(additionalProperties).toBe(false);
    const undescribed = Object.entries(properties as Record<string, object>).filter(
      ([, member]) => !("description" in member),
    );
    expect(undescribed).toEqual([]);
  });
});

function taken(steps: readonly object[]): boolean {
  return jobFileSchema.safeParse({ steps }).success;
}

/** Texts at and around the edges of what an id, a name and a type may be. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.stringMatching(/^[A-Za-z0-9._-]{0,6}$/),
  fc.constantFrom("a".repeat(128), "a".repeat(129), "a.".repeat(64), "\uD800"),
);
const anyNumber = fc.oneof(fc.double(), fc.constantFrom(0, 86_400, 86_400.1, 1e-9, NaN, Infinity));

const anyMembers = fc.record({
  id: anyText,
  name: anyText,
  type: anyText,
  target: anyText,
  seconds: anyNumber,
  jobSeconds: anyNumber,
});

describe("the schema of a job file", () => {
  it("takes exactly the jobs that the model takes", () => {
    fc.assert(
      fc.property(anyMembers, ({ id, name, type, target, seconds, jobSeconds }) => {
        const file = {
          job_id: id,
          contract_id: id,
          executed_by: name,
          job_timeout_seconds: jobSeconds,
          steps: [{ step_type: type, target, timeout_seconds: seconds }],
        };
        const job = {
          jobId: id,
          contractId: id,
          executedBy: name,
          timeoutSeconds: jobSeconds,
          steps: [{ stepIndex: 0, stepType: type, target, parameters: {}, timeoutSeconds: seconds }],
        };
        expect(jobFileSchema.safeParse(file).success).toBe(jobViolations(job).length === 0);
      }),
      { numRuns: 5000 },
    );
  });

  it("takes as many steps and as long a target as the model, and not one more", () => {
    const step = { step_type: "a.b" };
    expect(taken(Array.from({ length: LIMITS.stepsPerJob }, () => step))).toBe(true);
    expect(taken(Array.from({ length: LIMITS.stepsPerJob + 1 }, () => step))).toBe(false);
    expect(taken([{ ...step, target: "t".repeat(LIMITS.targetCharacters) }])).toBe(true);
    expect(taken([{ ...step, target: "t".repeat(LIMITS.targetCharacters + 1) }])).toBe(false);
  });
});
