import type { CommittedChange, EntityRecord, HookJob } from "#model";
import type { CompiledHooks } from "./compile-hooks.ts";
import type { Bindings } from "./expressions/expression.ts";

/** A job that a change asks for. */
export interface MatchedJob {
  /** Name of the hook that asks for it. */
  readonly hook: string;
  readonly job: HookJob;
  readonly trigger: EntityRecord;
  /** The record before the change: of an update as far as it is known, of a delete the one that is gone. */
  readonly old: EntityRecord | undefined;
}

/** A hook of which it cannot be told whether it is meant. */
export interface UndecidedHook {
  readonly hook: string;
  readonly problem: string;
}

/** What a change asks for. */
export interface MatchedHooks {
  readonly matched: readonly MatchedJob[];
  /** Conditions that could not be evaluated. They are no no: what they would have asked for is to be told as failed. */
  readonly undecided: readonly UndecidedHook[];
}

/** The jobs that follow from a committed change: those of the hook on exactly this entity and operation, if its condition holds. */
export function matchHooks({ set, conditions }: CompiledHooks, change: CommittedChange): MatchedHooks {
  const { record: trigger, operation } = change;
  const old = operation === "create" ? undefined : operation === "delete" ? trigger : change.old;
  const matched: MatchedJob[] = [];
  const undecided: UndecidedHook[] = [];
  for (const { name: hook, entity, operation: of, jobs } of set.hooks) {
    if (entity !== change.entity || of !== operation) continue;
    const bindings: Bindings = operation === "delete" ? { old } : { new: trigger, old };
    const answer = conditions.get(hook)?.evaluate(bindings) ?? { holds: true };
    if ("problem" in answer) undecided.push({ hook, problem: answer.problem });
    else if (answer.holds) {
      for (const name of jobs) {
        const job = set.jobs.get(name);
        if (job === undefined) undecided.push({ hook, problem: `there is no job ${name}` });
        else matched.push({ hook, job, trigger, old });
      }
    }
  }
  return { matched, undecided };
}
