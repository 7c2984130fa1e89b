import type { HealthObserver } from "#health";
import type { Clock, Json, JsonObject, StepResult } from "#model";
import { within } from "./perform.ts";
import { capturedError, frozenJson } from "./untrusted.ts";

const LIMIT_MS = 1000;
/** Copies of frozen snapshots, which stay what they are: one that is given for many steps is held once. */
const COPIES = new WeakMap<object, Json>();

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
    const snapshot = COPIES.get(Object(seen)) ?? frozenJson(seen); // a primitive is never known
    if (Object.isFrozen(seen)) COPIES.set(Object(seen), snapshot);
    if (snapshot instanceof Object && !Array.isArray(snapshot)) return { healthAfter: snapshot as JsonObject }; // just seen
    return { healthError: "the observer's answer is not an object" };
  } catch (thrown) {
    return { healthError: capturedError(thrown) };
  }
}
