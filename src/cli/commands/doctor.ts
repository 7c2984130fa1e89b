import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { findingsText } from "../views/findings.ts";

/** `verbatim doctor`: looks at what Verbatim stands on; a failed finding is exit code 2. */
export async function doctor(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  const findings = await host.doctor(flags);
  const ok = findings.every(({ status }) => status !== "failed");
  if (json) await stdout.json(`${JSON.stringify({ ok, findings })}\n`);
  else await stdout.write(findingsText(findings, stdout));
  return ok ? EXIT.succeeded : EXIT.usage;
}
