import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { planSource } from "../plan-run/plan-source.ts";
import { refusedPlan } from "../plan-run/plan-source.ts";
import { plannedWork } from "../plan-run/planned-work.ts";
import type { Session } from "../session.ts";
import { plannedWorkJson, plannedWorkText } from "../views/planned-work.ts";

/** Flags of `validate`. */
export interface ValidateFlags extends CommonFlags {
  /** `NAME=VALUE` each. */
  readonly env?: readonly string[];
}

/** `verbatim validate PLAN`: what a plan would do, and all that is wrong with it. Any problem is exit code 2. */
export async function validate(path: string, flags: ValidateFlags, session: Session): Promise<number> {
  const { host, stdout, json } = session;
  const plan = await planSource(path, flags.env ?? [], host);
  await using connection = await host.connect(flags);
  const answer = await connection.client.runs.validatePlan({ plan }).catch((error: unknown) => {
    throw refusedPlan(error, plan);
  });
  const work = plannedWork(answer);
  if (json) await stdout.json(`${JSON.stringify(plannedWorkJson(work))}\n`);
  else await stdout.write(plannedWorkText(work, stdout));
  return work.violations.length === 0 ? EXIT.succeeded : EXIT.usage;
}
