import type { AboutJob, Asked, ResumeOptions, RunRunner } from "../run/run-runner.ts";
import type { RunView } from "../run/run-view.ts";
import type { AskedElsewhere } from "./asked-elsewhere.ts";
import { runCall, toldOf } from "./call-words.ts";

type Word = "approve" | "reject" | "mark_succeeded" | "override_gate";

/** The runner of plans of a process that shares its store with others: what is asked of a run that another one holds is asked there. */
export function createRunsAcross(here: RunRunner, elsewhere: AskedElsewhere): RunRunner {
  const word = async (verb: Word, about: AboutJob, say: () => Promise<RunView>): Promise<RunView> =>
    await elsewhere.ask(runCall(verb, about.runId, about), say, async () => await here.get(about.runId));
  const asked = async (
    verb: "cancel" | "rollback",
    { runId, ...rest }: Asked & { readonly runId: string },
    say: () => Promise<RunView>,
  ): Promise<RunView> => await elsewhere.ask(runCall(verb, runId, rest), say, async () => await here.get(runId));
  return {
    validate: (plan) => here.validate(plan),
    create: async (plan, options) => await here.create(plan, options),
    get: async (runId) => await here.get(runId),
    awaitStart: (runId, startAfter) => here.awaitStart(runId, startAfter),
    isHere: here.isHere,
    takeUp: async (runId) => await here.takeUp(runId),
    abandon: (runId) => here.abandon(runId),
    drain: async (options) => await here.drain(options),
    async resume(runId, options) {
      const say = async () => await here.resume(runId, options);
      const call = runCall("resume", runId, withoutPlan(here, options));
      return await elsewhere.ask(call, say, async (told) => toldOf("resume", told));
    },
    cancel: async (runId, { actor, reason }) =>
      await asked("cancel", { runId, actor, reason }, async () => await here.cancel(runId, { actor, reason })),
    rollback: async (runId, { actor, reason }) =>
      await asked("rollback", { runId, actor, reason }, async () => await here.rollback(runId, { actor, reason })),
    approve: async (about) => await word("approve", about, async () => await here.approve(about)),
    reject: async (about) => await word("reject", about, async () => await here.reject(about)),
    markSucceeded: async (about) => await word("mark_succeeded", about, async () => await here.markSucceeded(about)),
    overrideGate: async (about) => await word("override_gate", about, async () => await here.overrideGate(about)),
  };
}

/** The plan as it is now is only compared: its hash says as much. */
function withoutPlan(here: RunRunner, { plan, ...options }: ResumeOptions): Omit<ResumeOptions, "plan"> {
  return plan === undefined ? options : { ...options, planHash: here.validate(plan).planHash };
}
