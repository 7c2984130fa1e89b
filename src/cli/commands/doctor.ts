import { EXIT } from "../exit-codes.ts";
import type { CommonFlags, Finding } from "../host.ts";
import type { Session } from "../session.ts";
import { findingsText } from "../views/findings.ts";

/** Flags of `doctor`. */
export interface DoctorFlags extends CommonFlags {
  /** Makes the history of runs anew from their logs, and looks at nothing else. */
  readonly rebuildIndex?: boolean;
}

/** `verbatim doctor`: looks at what Verbatim stands on; a failed finding is exit code 2. */
export async function doctor(flags: DoctorFlags, session: Session): Promise<number> {
  const { host, stdout, json } = session;
  const findings = flags.rebuildIndex === true ? [await rebuilt(flags, session)] : await host.doctor(flags);
  const ok = findings.every(({ status }) => status !== "failed");
  if (json) await stdout.json(`${JSON.stringify({ ok, findings })}\n`);
  else await stdout.write(findingsText(findings, stdout));
  return ok ? EXIT.succeeded : EXIT.usage;
}

/** Tells each tenth of the way. */
async function rebuilt(flags: DoctorFlags, { host, stderr }: Session): Promise<Finding> {
  let told = 0;
  return await host.rebuildIndex(flags, ({ done, runs }) => {
    const tenth = runs === 0 ? 0 : Math.floor((done * 10) / runs);
    if (tenth === told) return;
    told = tenth;
    void stderr.line(`history: ${done} of ${runs} runs`);
  });
}
