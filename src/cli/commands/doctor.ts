import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags, Finding } from "../host.ts";
import { serverFindings } from "../server-findings.ts";
import { failed } from "../server-judgements.ts";
import type { Session } from "../session.ts";
import { toldError } from "../tell-error.ts";
import { findingsText } from "../views/findings.ts";

/** Flags of `doctor`. */
export interface DoctorFlags extends Omit<CommonFlags, "server"> {
  /** Makes the history of runs anew from their logs, and looks at nothing else. */
  readonly rebuildIndex?: boolean;
  /** Looks at this running server and at nothing here; true = the one of VERBATIM_SERVER or of the state directory. */
  readonly server?: string | true;
}

/** `verbatim doctor`: looks at what Verbatim stands on; a failed finding is exit code 2. */
export async function doctor(flags: DoctorFlags, session: Session): Promise<number> {
  const { stdout, json } = session;
  const findings = await found(flags, session);
  const ok = findings.every(({ status }) => status !== "failed");
  if (json) await stdout.json(`${JSON.stringify({ ok, findings })}\n`);
  else await stdout.write(findingsText(findings, stdout));
  return ok ? EXIT.succeeded : EXIT.usage;
}

async function found({ server, ...flags }: DoctorFlags, session: Session): Promise<readonly Finding[]> {
  if (flags.rebuildIndex === true) return [await rebuilt(flags, session)];
  if (server !== undefined) return await ofServer(server === true ? flags : { ...flags, server }, session);
  const { ca, cert, certKey, insecure } = flags;
  if ([ca, cert, certKey, insecure].every((flag) => flag === undefined)) return await session.host.doctor(flags);
  throw new Fault("INVALID_REQUEST", "--ca, --cert, --key and --insecure are about a server: say --server as well.");
}

/** No server to be asked is a finding too. */
async function ofServer(flags: CommonFlags, { host }: Session): Promise<readonly Finding[]> {
  try {
    await using connection = await host.connect(flags, { isRunning: true });
    return await serverFindings({ connection, clock: host.clock, version: host.version });
  } catch (error) {
    const { code, message } = toldError(error);
    return [{ name: "server", ...failed(`${code}: ${message}`) }];
  }
}

/** Tells each tenth of the way. */
async function rebuilt(flags: CommonFlags, { host, stderr }: Session): Promise<Finding> {
  let told = 0;
  return await host.rebuildIndex(flags, ({ done, runs }) => {
    const tenth = runs === 0 ? 0 : Math.floor((done * 10) / runs);
    if (tenth === told) return;
    told = tenth;
    void stderr.line(`history: ${done} of ${runs} runs`);
  });
}
