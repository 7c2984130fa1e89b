import { existsSync } from "node:fs";
import type { VerbatimClient } from "#api";
import type { LogReport, VerifyOptions } from "#evidence";
import { verifyFile, verifyLines } from "#evidence";
import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { expectationsOf } from "./verify-expectations.ts";
import type { VerifyFlags } from "./verify-expectations.ts";
import { verdictJson, verdictOf, verdictText } from "../views/verdict.ts";

/** `verbatim verify RUN|FILE`: reads a log and verifies it in this process; nothing is taken on the server's word. */
export async function verify(what: string, flags: VerifyFlags, session: Session): Promise<number> {
  const { stdout, json, host } = session;
  const options = await expectationsOf(flags, host);
  const report = looksLikePath(what)
    ? await fileReport(what, options)
    : await runReport(what, { flags, session, options });
  const { head } = flags;
  const verdict = verdictOf(report, { source: what, ...(head !== undefined && { expectedHead: head }) });
  if (json) await stdout.json(`${JSON.stringify(verdictJson(verdict))}\n`);
  else await stdout.write(verdictText(verdict, stdout));
  if (!verdict.ok) return EXIT.chainBroken;
  return verdict.endProven ? EXIT.succeeded : EXIT.usage; // what may lack its end, or be written anew, is not proven
}

/** A run id has no slash; a file of that name here is meant rather than a run. */
function looksLikePath(what: string): boolean {
  return what.includes("/") || existsSync(what);
}

async function fileReport(path: string, options: VerifyOptions): Promise<LogReport> {
  try {
    return await verifyFile(path, options);
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

interface RunQuestion {
  readonly flags: CommonFlags;
  readonly session: Session;
  readonly options: VerifyOptions;
}

async function runReport(runId: string, { flags, session, options }: RunQuestion): Promise<LogReport> {
  await using connection = await session.host.connect(flags);
  return await verifyLines(linesOf(connection.client, runId), { runId, ...options });
}

async function* linesOf({ evidence }: VerbatimClient, runId: string): AsyncGenerator<Uint8Array, void, void> {
  for await (const { lines } of evidence.readLog({ runId })) {
    for (const { line } of lines) yield line;
  }
}
