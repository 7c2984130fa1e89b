import type { VerbatimClient } from "#api";
import type { LogReport, VerifyOptions } from "#evidence";
import { verifyFile, verifyLines } from "#evidence";
import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { logFileOf, looksLikePath } from "../log-file.ts";
import { expectationsOf } from "./verify-expectations.ts";
import type { VerifyFlags } from "./verify-expectations.ts";
import { verifyProof } from "./verify-proof.ts";
import { sealingOfFile, sealingOfRun } from "./verify-seal.ts";
import { verdictJson, verdictOf, verdictText } from "../views/verdict.ts";
import type { SealFinding } from "../views/proven.ts";

/** `verbatim verify RUN|FILE`: reads a log and verifies it in this process; nothing is taken on the server's word. */
export async function verify(what: string | undefined, flags: VerifyFlags, session: Session): Promise<number> {
  const { stdout, json, host } = session;
  if (flags.proof !== undefined) return await verifyProof(flags.proof, flags, session);
  if (what === undefined)
    throw new Fault("INVALID_REQUEST", "Name a run or a file to verify, or a proof with --proof.");
  const expected = await expectationsOf(flags, host);
  const question = { flags, session, expected };
  const { report, seal } = looksLikePath(what) ? await askFile(what, question) : await askRun(what, question);
  const { head } = flags;
  const verdict = verdictOf(report, {
    source: what,
    ...(head !== undefined && { expectedHead: head }),
    ...(seal !== undefined && { seal }),
  });
  if (json) await stdout.json(`${JSON.stringify(verdictJson(verdict))}\n`);
  else await stdout.write(verdictText(verdict, stdout));
  if (!verdict.ok) return EXIT.chainBroken;
  return verdict.settled ? EXIT.succeeded : EXIT.usage; // what may lack its end, or be written anew, is not proven
}

interface Answer {
  readonly report: LogReport;
  readonly seal: SealFinding | undefined;
}

async function askFile(named: string, { flags, expected }: Question): Promise<Answer> {
  const path = logFileOf(named);
  const { options, finding } = await sealingOfFile(path, flags);
  return { report: await fileReport(path, { ...expected, ...options }), seal: finding };
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

interface Question {
  readonly flags: VerifyFlags;
  readonly session: Session;
  readonly expected: VerifyOptions;
}

async function askRun(runId: string, { flags, session: { host }, expected }: Question): Promise<Answer> {
  await using connection = await host.connect(flags);
  const { client } = connection;
  const { options, finding } = await sealingOfRun(runId, { client, flags, host });
  return { report: await verifyLines(linesOf(client, runId), { ...expected, ...options, runId }), seal: finding };
}

async function* linesOf({ evidence }: VerbatimClient, runId: string): AsyncGenerator<Uint8Array, void, void> {
  for await (const { lines } of evidence.readLog({ runId })) {
    for (const { line } of lines) yield line;
  }
}
