import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { StepType } from "#effects";
import type { JsonObject } from "#model";

/** What a step type must bring to be held to its port. */
export interface StepTypeUnderTest {
  readonly create: () => StepType;
  /** Parameters that are fine. */
  readonly fine: readonly JsonObject[];
  /** Parameters whose form the published schema itself refuses. */
  readonly malformed: readonly JsonObject[];
}

/** Conformance suite of the port `StepType`: run over every step type. */
export function describeStepType(name: string, { create, fine, malformed }: StepTypeUnderTest): void {
  const anyParameters = fc
    .dictionary(fc.oneof(fc.constantFrom(...[...fine, ...malformed].flatMap(Object.keys)), fc.string()), fc.jsonValue())
    // What a caller sends has been through JSON.
    .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

  describe(`the step type ${name}`, () => {
    it("has a name of 1 to 128 characters that is its capability's name", () => {
      expect(create().name).toBe(name);
      expect(name).toMatch(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/);
      expect(name.length).toBeLessThanOrEqual(128);
    });

    it("finds no problem in parameters that are fine", () => {
      for (const parameters of fine) expect(create().checkParameters(parameters)).toEqual([]);
    });

    it("never throws at any JSON object, and says each problem with a field and a description", () => {
      const stepType = create();
      fc.assert(
        fc.property(anyParameters, (parameters) => {
          for (const violation of stepType.checkParameters(parameters)) {
            expect(typeof violation.field).toBe("string");
            expect(violation.description).not.toBe("");
          }
        }),
        { numRuns: 500 },
      );
    });

    it("says the same twice, and leaves the parameters as they were", () => {
      const stepType = create();
      fc.assert(
        fc.property(anyParameters, (parameters) => {
          const before = structuredClone(parameters);
          const first = stepType.checkParameters(parameters);
          expect(stepType.checkParameters(parameters)).toEqual(first);
          expect(parameters).toEqual(before);
        }),
      );
    });

    it("publishes a JSON Schema that takes what is fine and refuses what is malformed", () => {
      const { parametersSchema } = create();
      expect(JSON.parse(JSON.stringify(parametersSchema))).toEqual(parametersSchema);
      expect(parametersSchema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
      const published = z.fromJSONSchema(parametersSchema);
      for (const parameters of fine) expect(published.safeParse(parameters).success).toBe(true);
      for (const parameters of malformed) {
        expect(published.safeParse(parameters).success).toBe(false);
        expect(create().checkParameters(parameters)).not.toEqual([]);
      }
    });
  });
}
