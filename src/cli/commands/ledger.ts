import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { LEDGER_DIRECTORY, ledgerCheckpoint, readCheckpoint, readPublicKey, verifyLedger } from "#evidence";
import type { LedgerReport, PublicKey } from "#evidence";
import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { refuseEndless } from "../plain-file.ts";
import type { Session } from "../session.ts";
import { ledgerVerdictJson, ledgerVerdictText, treeHeadJson, treeHeadText } from "../views/ledger-verdict.ts";

/** Directory of the runs' files within the state directory. */
const RUNS_DIRECTORY = "runs";

/** Flags of the commands about the ledger. */
export type LedgerFlags = Omit<CommonFlags, "server">;

/** Flags of `ledger verify`. */
export interface LedgerVerifyFlags extends LedgerFlags {
  /** Files of checkpoints that were kept. */
  readonly since?: readonly string[];
  /** File of the public key. */
  readonly key?: string;
  /** Do not compare the runs' files. */
  readonly ledgerOnly?: boolean;
}

/** `verbatim ledger verify [DIR]`: verifies the ledger of a state directory, and its runs, from the files alone. */
export async function verifyLedgerHere(
  directory: string | undefined,
  flags: LedgerVerifyFlags,
  session: Session,
): Promise<number> {
  const { stdout, json } = session;
  const state = await stateDirectory(directory, flags, session);
  const key = flags.key === undefined ? undefined : await keyOf(flags.key);
  const kept = (flags.since ?? []).map(async (name) => ({ name, text: await textOf(name, "checkpoint") }));
  const report = await verifyLedger(join(state, LEDGER_DIRECTORY), {
    ...(key !== undefined && { key }),
    since: await Promise.all(kept),
    ...(flags.ledgerOnly !== true && { runs: join(state, RUNS_DIRECTORY) }),
  });
  const verdict = { report, directory: state, keyGiven: key !== undefined, since: kept.length };
  if (json) await stdout.json(`${JSON.stringify(ledgerVerdictJson(verdict))}\n`);
  else await stdout.write(ledgerVerdictText(verdict, stdout));
  return exitOf(report);
}

/** As of `verify`: what does not hold is 5, what holds and cannot be proven to its end is 2. */
function exitOf({ ok, doubtCount }: LedgerReport): number {
  if (!ok) return EXIT.chainBroken;
  return doubtCount === 0 ? EXIT.succeeded : EXIT.usage;
}

/** `verbatim ledger checkpoint [DIR]`: the newest checkpoint as it stands there, to be kept somewhere else. */
export async function printCheckpoint(
  directory: string | undefined,
  flags: LedgerFlags,
  session: Session,
): Promise<number> {
  const { stdout, json } = session;
  const text = await ledgerCheckpoint(join(await stateDirectory(directory, flags, session), LEDGER_DIRECTORY));
  const head = checkedHead(text);
  if (json) await stdout.json(`${JSON.stringify({ ...treeHeadJson(head), checkpoint: text })}\n`);
  else await stdout.write(text);
  return EXIT.succeeded;
}

/** `verbatim ledger show [DIR]`: how far the ledger has come; proves nothing. */
export async function showLedger(directory: string | undefined, flags: LedgerFlags, session: Session): Promise<number> {
  const { stdout, json } = session;
  const head = checkedHead(
    await ledgerCheckpoint(join(await stateDirectory(directory, flags, session), LEDGER_DIRECTORY)),
  );
  if (json) await stdout.json(`${JSON.stringify(treeHeadJson(head))}\n`);
  else await stdout.write(treeHeadText(head));
  return EXIT.succeeded;
}

function checkedHead(text: string): NonNullable<ReturnType<typeof readCheckpoint>> {
  const head = readCheckpoint(text); // what is no checkpoint could hold anything: it is not printed
  if (head !== undefined) return head;
  throw new Fault(
    "EVIDENCE_BROKEN",
    "The ledger's checkpoint is not in the form of one; `verbatim ledger verify` says more.",
  );
}

async function stateDirectory(directory: string | undefined, flags: LedgerFlags, { host }: Session): Promise<string> {
  return directory === undefined ? await host.stateDirectory(flags) : resolve(directory);
}

async function keyOf(path: string): Promise<PublicKey> {
  return readPublicKey(await textOf(path, "public key"));
}

async function textOf(path: string, what: string): Promise<string> {
  refuseEndless(path, what);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault("INVALID_REQUEST", `The ${what} ${path} cannot be read: ${why}.`, { cause });
  }
}
