import fc from "fast-check";
import type { StepOutput } from "#effects";
import type { ErrorClass, Job, Json } from "#model";
import { jobOf } from "./job.ts";

/** What the handler of one step of a random job does. Times are milliseconds of the clock. */
export type Behaviour =
  | { readonly does: "succeed"; readonly output: Json; readonly afterMs: number }
  | { readonly does: "fail"; readonly error: string; readonly errorClass?: NonNullable<StepOutput["errorClass"]> }
  | { readonly does: "throw"; readonly thrown: Thrown; readonly later: boolean }
  | { readonly does: "answer junk"; readonly junk: Junk }
  | { readonly does: "hang"; readonly onAbort: "return" | "throw" | "go on" }
  | { readonly does: "hold the thread"; readonly forMs: number }
  | { readonly does: "meddle" }
  | { readonly does: "miss its handler" };

/** Something thrown, and the text by which it is known. */
export interface Thrown {
  readonly value: unknown;
  readonly text: string;
}

/** An answer that keeps no contract, made anew for each call. */
export interface Junk {
  readonly make: () => unknown;
  /** What the record says of it. */
  readonly said: string;
}

/** What an observer does when it is asked. */
export type Sight = "see" | "throw" | "answer junk" | "hang";

/** A job at random, with the behaviour of everything that it meets. */
export interface RandomJob {
  readonly job: Job;
  readonly behaviours: readonly Behaviour[];
  /** Absent: there is no observer. Else one for each observation; beyond the last, it sees. */
  readonly sights?: readonly Sight[];
  /** When the job is cancelled, in milliseconds after its start; absent = never, 0 = before. */
  readonly cancelAtMs?: number;
  /** How long a batch takes to be durable, in milliseconds. */
  readonly storeMs: number;
}

/** Whoever cancels a random job. */
export const CANCELLATION = { cancelledBy: "operator", reason: "enough" } as const;

/** How long a stopped handler of a random job is waited for, in milliseconds. */
export const GRACE_MS = 1000;

/** Some of all that can be thrown. */
export const THROWN: readonly Thrown[] = [
  { value: new Error("it broke"), text: "it broke" },
  { value: new TypeError(""), text: "TypeError" },
  { value: "a text", text: "a text" },
  { value: null, text: "null" },
  { value: undefined, text: "undefined" },
  { value: 0, text: "0" },
  { value: Object.create(null), text: "an error that cannot be described" },
];

/** Some of all that a handler can answer and must not. */
export const JUNK: readonly Junk[] = [
  { make: () => undefined, said: "it returned undefined" },
  { make: () => null, said: "it returned null" },
  { make: () => 1, said: "it returned 1" },
  { make: () => ({}), said: '"success" is not a boolean but undefined' },
  { make: () => ({ success: "true", output: null }), said: '"success" is not a boolean but string' },
  { make: () => ({ success: false, output: null, error: 1 }), said: '"error" is not a string but number' },
  { make: () => ({ success: true, output: null, error: "but" }), said: "it said success and the error: but" },
  { make: () => ({ success: true }), said: "JSON cannot say this undefined" },
  { make: () => ({ success: true, output: Number.NaN }), said: "JSON cannot say this number" },
  { make: () => ({ success: true, output: { at: new Date(0) } }), said: "the value is not a plain object" },
  { make: () => ({ success: true, output: cycle() }), said: "the value is nested deeper than 64, or a cycle" },
];

function cycle(): unknown {
  const ring: { next?: unknown } = {};
  ring.next = ring;
  return ring;
}

// No two of these sums meet, so that no outcome hangs on the order of timers that are due at once: what stops a whole
// job comes at a fraction of a millisecond, everything else at whole ones.
const SLOW_MS = [0, 0, 137, 911, 2239] as const;
const HELD_MS = [137, 1000, 2239] as const;
const STEP_SECONDS = [0.5, 1, 300] as const;
const JOB_SECONDS = [undefined, undefined, 0.0103, 1.5003, 3.0003] as const;
const CANCEL_MS = [undefined, undefined, 0, 7.7, 1200.7, 2600.7] as const;
const ERROR_CLASSES = [undefined, "transient_io", "validation_failed", "permanent"] as const;

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      does: fc.constant("succeed" as const),
      output: json,
      afterMs: fc.constantFrom(...SLOW_MS),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ does: "meddle" } as const) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ minLength: 1 }), fc.constantFrom(...ERROR_CLASSES))
      .map(([error, errorClass]) => ({ does: "fail", error, ...(errorClass && { errorClass }) }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("throw" as const),
      thrown: fc.constantFrom(...THROWN),
      later: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("answer junk" as const), junk: fc.constantFrom(...JUNK) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("hang" as const),
      onAbort: fc.constantFrom("return", "throw", "go on"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("hold the thread" as const), forMs: fc.constantFrom(...HELD_MS) }),
  },
);

const step = fc.record({
  behaviour: fc.oneof(
    { weight: 40, arbitrary: behaviour },
    { weight: 1, arbitrary: fc.constant({ does: "miss its handler" } as const) },
  ),
  stepType: fc.constantFrom("act", "act.other"),
  target: fc.string({ maxLength: 8 }),
  parameters: fc.dictionary(fc.string({ maxLength: 4 }), json, { maxKeys: 3 }),
  timeoutSeconds: fc.constantFrom(...STEP_SECONDS),
});

const sight = fc.oneof(
  { weight: 4, arbitrary: fc.constant("see" as const) },
  { weight: 1, arbitrary: fc.constantFrom<Sight>("throw", "answer junk", "hang") },
);

/** Jobs of up to eight steps, whose handlers, observer, store and caller do anything. */
export const randomJob: fc.Arbitrary<RandomJob> = fc
  .record({
    steps: fc.array(step, { maxLength: 8 }),
    sights: fc.option(fc.array(sight, { maxLength: 9 }), { nil: undefined }),
    timeoutSeconds: fc.constantFrom(...JOB_SECONDS),
    cancelAtMs: fc.constantFrom(...CANCEL_MS),
    storeMs: fc.constantFrom(0, 0, 3),
  })
  .map(({ steps, sights, timeoutSeconds, cancelAtMs, storeMs }) => {
    const behaviours = steps.map(({ behaviour: said }) => said);
    // While the thread is held no timer can fire, so what stops the job then comes late: that has tests of its own.
    const mayStop = behaviours.every(({ does }) => does !== "hold the thread");
    const declared = steps.map(({ behaviour: { does }, stepType, target, parameters, timeoutSeconds: seconds }) => ({
      stepType: does === "miss its handler" ? "nobody" : stepType,
      target,
      parameters,
      timeoutSeconds: seconds,
    }));
    return {
      job: jobOf(declared, mayStop && timeoutSeconds !== undefined ? { timeoutSeconds } : {}),
      behaviours,
      ...(sights && { sights }),
      ...(mayStop && cancelAtMs !== undefined && { cancelAtMs }),
      storeMs,
    };
  });

/** The class under which a reported failure is recorded. */
export function recordedClass(errorClass: ErrorClass | undefined): ErrorClass {
  return errorClass ?? "unknown";
}
