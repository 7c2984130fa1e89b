import { existsSync } from "node:fs";
import type { VerbatimClient } from "#api";
import type { LogReport } from "#evidence";
import { verifyFile, verifyLines } from "#evidence";
import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { verdictJson, verdictOf, verdictText } from "../views/verdict.ts";

/** Flags of `verify`. */
export interface VerifyFlags extends CommonFlags {
  /** The head that somebody has noted when the run ended. */
  readonly head?: string;
}

/** `verbatim verify RUN|FILE`: reads a log and verifies it in this process; nothing is taken on the server's word. */
export async function verify(what: string, flags: VerifyFlags, session: Session): Promise<number> {
  const { stdout, json } = session;
  const report = looksLikePath(what) ? await fileReport(what) : await runReport(what, flags, session);
  const { head } = flags;
  const verdict = verdictOf(report, { source: what, ...(head !== undefined && { expectedHead: head }) });
  if (json) await stdout.json(`${JSON.stringify(verdictJson(verdict))}\n`);
  else await stdout.write(verdictText(verdict, stdout));
  if (!verdict.ok) return EXIT.chainBroken;
  return report.complete ? EXIT.succeeded : EXIT.usage; // a log without its end cannot be proven whole
}

/** A run id has no slash; a file of that name here is meant rather than a run. */
function looksLikePath(what: string): boolean {
  return what.includes("/") || existsSync(what);
}

async function fileReport(path: string): Promise<LogReport> {
  try {
    return await verifyFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new Fault(
      code === "ENOENT" ? "RUN_NOT_FOUND" : "INVALID_REQUEST",
      `The log ${path} cannot be read (${code}).`,
      {
        cause,
      },
    );
  }
}

async function runReport(runId: string, flags: CommonFlags, { host }: Session): Promise<LogReport> {
  await using connection = await host.connect(flags);
  return await verifyLines(linesOf(connection.client, runId), { runId });
}

async function* linesOf({ evidence }: VerbatimClient, runId: string): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for await (const { lines } of evidence.readLog({ runId })) {
    for (const { line, seq } of lines) {
      try {
        yield decoder.decode(line);
      } catch (cause) {
        throw new Fault("EVIDENCE_BROKEN", `Line ${Number(seq) + 1} of run ${runId} is not UTF-8.`, { cause });
      }
    }
  }
}
