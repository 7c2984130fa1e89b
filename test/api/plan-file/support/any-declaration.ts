import fc from "fast-check";
import type { JobDeclaration, Json, JsonObject, PlanDeclaration, RetryPolicy, StepDeclaration } from "#model";

type Parts<T> = { readonly [Key in keyof T]: fc.Arbitrary<T[Key]> };

/** A value some of whose members may be left out. */
function partly<T extends object>(parts: Parts<T>): fc.Arbitrary<T> {
  return fc.record(parts, { requiredKeys: [] }) as fc.Arbitrary<T>; // as: absent, never undefined
}

const text = fc
  .string({ unit: "binary", maxLength: 12 })
  .map((value) => value.replaceAll(/[\0\uD800-\uDFFF]/g, "~"))
  .map((value) => value.toWellFormed());
const someText = text.map((value) => `x${value}`);
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/).filter((value) => value !== "__proto__");
const key = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,5}$/);
const seconds = fc.double({ min: 0.001, max: 86_400, noNaN: true });
const variables = fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true });
const recovery = fc.constantFrom("operator", "idempotent", "rerun", "probe");
const parameters = fc.dictionary(
  name,
  fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), text, fc.array(text, { maxLength: 3 })) as fc.Arbitrary<Json>, // JSON, all of them
  { maxKeys: 3, noNullPrototype: true },
) as fc.Arbitrary<JsonObject>; // and so is a map of them

const limits = { target: text, timeoutSeconds: seconds };
const step: fc.Arbitrary<StepDeclaration> = fc.oneof(
  partly<StepDeclaration>({ parameters, ...limits }).map((rest) => ({ stepType: "command.run", ...rest })),
  fc
    .tuple(fc.oneof(someText, fc.array(text, { minLength: 1, maxLength: 3 })), partly<StepDeclaration>(limits))
    .map(([command, rest]) => ({ command, ...rest })),
);
const steps = fc.array(step, { maxLength: 3 });

const retry = partly<Partial<RetryPolicy>>({
  maxAttempts: fc.integer({ min: 1, max: 100 }),
  on: fc.uniqueArray(fc.constantFrom("transient_io", "timeout", "unknown"), { minLength: 1 }),
  onExitCodes: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 3 }),
  baseSeconds: seconds,
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  maxSeconds: seconds,
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  maxElapsedSeconds: seconds,
});

const job: fc.Arbitrary<JobDeclaration> = fc
  .tuple(
    fc.record({
      key,
      needs: fc.array(key, { maxLength: 3 }),
      steps,
      preChecks: steps,
      postChecks: steps,
      compensate: steps,
      probe: steps,
      artifacts: fc.array(someText, { maxLength: 2 }),
      environment: variables,
    }),
    partly<Partial<JobDeclaration>>({
      description: text,
      gate: fc.constantFrom("hard", "manual"),
      retry,
      timeoutSeconds: seconds,
      continueOnError: fc.boolean(),
      recovery,
      capabilities: fc.array(fc.constantFrom("command.run", "check.file_exists"), { maxLength: 2 }),
      workingDirectory: someText,
      concurrency: fc.record({ key: someText, max: fc.integer({ min: 1, max: 256 }) }),
    }),
  )
  .map(([all, some]) => ({ ...all, ...some }));

/** Any plan whose form is right, whether it can run or not. */
export const anyDeclaration: fc.Arbitrary<PlanDeclaration> = fc
  .tuple(
    fc.record({
      name: someText,
      environment: variables,
      inheritEnvironment: fc.array(name, { maxLength: 3 }),
      allowShell: fc.boolean(),
      defaults: partly<PlanDeclaration["defaults"]>({ retry, stepTimeoutSeconds: seconds, recovery }),
      jobs: fc.uniqueArray(job, { maxLength: 5, selector: (one) => one.key }),
    }),
    partly<Partial<PlanDeclaration>>({
      contractId: fc.constantFrom("direct", "c-1"),
      maxWorkers: fc.integer({ min: 1, max: 256 }),
      workingDirectory: someText,
    }),
  )
  .map(([all, some]) => ({ ...all, ...some }));
