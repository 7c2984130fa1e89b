import { getEventListeners } from "node:events";
import { JobExecutor } from "#executor";
import { ManualClock } from "./clock.ts";
import { drive, pause } from "./drive.ts";
import type { Driven } from "./drive.ts";
import { scriptedObserver, snapshot } from "./health-observer.ts";
import { CANCELLATION, GRACE_MS } from "./random-job.ts";
import type { Behaviour, RandomJob, Sight } from "./random-job.ts";
import { aborted, handlerOf, never } from "./step-handler.ts";
import type { SeenCall } from "./step-handler.ts";

/** What a random job did, seen from the machine and from its handlers. */
export interface Performed extends Driven {
  /** The calls of all handlers, in the order in which they came. */
  readonly calls: readonly (SeenCall & { readonly handledAs: string })[];
  readonly observations: number;
  /** Timers of the machine and listeners on the caller's signal that are left when the job has ended. */
  readonly leftBehind: number;
}

/** Performs a random job on a machine of its own. */
export async function performRandomJob(random: RandomJob): Promise<Performed> {
  const { behaviours, cancelAtMs, storeMs, sights } = random;
  const job = structuredClone(random.job); // handlers that meddle change it
  const clock = new ManualClock();
  const calls: Performed["calls"][number][] = [];
  let pausing = 0;
  const rest = async (milliseconds: number): Promise<void> => {
    pausing += 1;
    await pause(clock, milliseconds);
    pausing -= 1;
  };
  const machine = new JobExecutor();
  for (const handledAs of ["act", "act.other"]) {
    const handler = handlerOf((call) => {
      calls.push({ ...call, handledAs });
      const behaviour = behaviours[call.context.stepIndex];
      if (behaviour === undefined) throw new Error("a step was performed that nobody declared");
      if (behaviour.does === "meddle") meddle(call, { job, machine });
      if (behaviour.does === "throw" && !behaviour.later) throw behaviour.thrown.value;
      if (behaviour.does === "hold the thread") clock.hold(behaviour.forMs);
      return behave(behaviour, call, rest);
    });
    machine.registerHandler(handledAs, handler);
  }
  const observer = scriptedObserver((index) => look(sights?.[index] ?? "see", index));
  const cancel = new AbortController();
  const disarm = cancelAtMs === undefined ? () => {} : cancelAt(clock, cancelAtMs, cancel);
  const driven = await drive(job, machine, {
    clock,
    storeMs,
    signal: cancel.signal,
    graceMs: GRACE_MS,
    ...(sights !== undefined && { health: observer }),
  });
  disarm();
  const leftBehind = clock.armed - pausing + getEventListeners(cancel.signal, "abort").length;
  return { ...driven, calls, observations: observer.observations, leftBehind };
}

function cancelAt(clock: ManualClock, milliseconds: number, cancel: AbortController): () => void {
  if (milliseconds > 0) return clock.after(milliseconds, () => cancel.abort(CANCELLATION));
  cancel.abort(CANCELLATION);
  return () => {};
}

async function behave(
  behaviour: Behaviour,
  { signal }: SeenCall,
  rest: (milliseconds: number) => Promise<void>,
): Promise<unknown> {
  switch (behaviour.does) {
    case "succeed":
      if (behaviour.afterMs > 0) await rest(behaviour.afterMs);
      return { success: true, output: behaviour.output };
    case "fail":
      return { ...behaviour, success: false, output: "what was done" };
    case "throw":
      await rest(1);
      throw behaviour.thrown.value;
    case "answer junk":
      return behaviour.junk.make();
    case "hang":
      if (behaviour.onAbort === "go on") return await never();
      await aborted(signal);
      if (behaviour.onAbort === "throw") throw new Error("too late");
      return { success: true, output: "too late" };
    case "hold the thread":
      return { success: true, output: "held" };
    case "meddle":
      return { success: true, output: "meddled" };
    default:
      throw new Error("a step without a handler was performed");
  }
}

/** Tries to change everything in reach; what throws is left at that. */
function meddle({ step, context }: SeenCall, { job, machine }: { job: RandomJob["job"]; machine: JobExecutor }): void {
  const attempts = [
    () => Object.assign(step, { target: "elsewhere", stepIndex: 7, timeoutSeconds: 0.001 }),
    () => Object.assign(step.parameters, { more: true }),
    () => Object.assign(context, { contractId: "another", jobId: "another", target: "elsewhere" }),
    () => Object.assign(job, { jobId: "another", contractId: "another", executedBy: "another", timeoutSeconds: 0.001 }),
    () => job.steps.forEach((declared) => Object.assign(declared, { target: "elsewhere", stepType: "nobody" })),
    () => Object.assign(job.steps, { length: 0 }),
    () =>
      ["act", "act.other"].forEach((type) =>
        machine.registerHandler(
          type,
          handlerOf(() => "replaced"),
        ),
      ),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch {
      // Frozen, as it is meant to be.
    }
  }
}

function look(sight: Sight, index: number): unknown {
  if (sight === "throw") throw new Error("the eye is shut");
  if (sight === "answer junk") return ["all", "is", "well"];
  return sight === "hang" ? never() : snapshot(index);
}
