import type { HealthObserver } from "#health";
import type { Clock, JsonObject, StepResult } from "#model";
import { within } from "./perform.ts";
import { capturedError, frozenJson } from "./untrusted.ts";

const LIMIT_MS = 1000;

/** What was seen, or why nothing was. */
export type Observation = Pick<StepResult, "healthAfter" | "healthError">;

/** Looks at health once (EXEC-004). Never throws, takes a second at most: observing changes no outcome. */
export async function observe(health: HealthObserver | undefined, clock: Clock): Promise<Observation> {
  if (health === undefined) return {};
  try {
    const answer: unknown = health.observeHealth();
    const seen =
      answer instanceof Object && "then" in answer ? await within(LIMIT_MS, Promise.resolve(answer), clock) : answer;
    if (seen === undefined) return { healthError: `the observer gave no answer within ${LIMIT_MS} ms` };
    const snapshot = frozenJson(seen);
    if (snapshot instanceof Object && !Array.isArray(snapshot)) return { healthAfter: snapshot as JsonObject }; // just seen
    return { healthError: "the observer's answer is not an object" };
  } catch (thrown) {
    return { healthError: capturedError(thrown) };
  }
}
