import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { sealOfRun } from "../seal-of-run.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";
import { counted } from "../text/words.ts";

/** `verbatim seal RUN`: prints the seal of a run, which is made now if a crash came in between. */
export async function seal(
  runId: string,
  flags: CommonFlags,
  { host, stdout, stderr, json }: Session,
): Promise<number> {
  await using connection = await host.connect(flags);
  const { text, envelope, predicate } = await sealOfRun(connection.client, runId);
  await stdout.json(text);
  if (json) return EXIT.succeeded;
  const { status, size, head } = predicate;
  const key = envelope.signatures[0]?.keyid ?? "";
  await stderr.line(
    safeText(`run ${runId}: ${status}, ${counted(size, "record")}, head ${head}, signed by ${key}; not verified here`),
  );
  return EXIT.succeeded;
}
