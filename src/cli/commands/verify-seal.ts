import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { VerbatimClient } from "#api";
import { judgeCheckpoint, judgeEnvelope, readPublicKey, SEAL_FILE } from "#evidence";
import type { PublicKey, VerifyOptions } from "#evidence";
import { Fault } from "#model";
import type { CliHost } from "../host.ts";
import { openSeal, sealOfRun } from "../seal-of-run.ts";
import type { RunSeal } from "../seal-of-run.ts";
import type { SealFinding } from "../views/verdict.ts";
import type { VerifyFlags } from "./verify-expectations.ts";

/** What keys and seal say of a log beforehand. */
export interface Sealing {
  readonly options: VerifyOptions;
  readonly finding?: SealFinding;
}

interface Keys {
  readonly keys: readonly PublicKey[];
  readonly from: SealFinding["keys"];
}

/** The seal that lies beside a log file, or the one that is named. @throws {Fault} INVALID_REQUEST if one cannot be read. */
export async function sealingOfFile(path: string, flags: VerifyFlags): Promise<Sealing> {
  const keys = await givenKeys(flags);
  const beside = join(dirname(path), SEAL_FILE);
  const named = flags.seal ?? (existsSync(beside) ? beside : undefined);
  return sealingOf(named === undefined ? undefined : openSeal(await textOf(named, "seal")), keys);
}

/** The seal that a server has of a run, judged by the keys that are given, else by the key of this very installation. */
export async function sealingOfRun(
  runId: string,
  { client, flags, host }: { readonly client: VerbatimClient; readonly flags: VerifyFlags; readonly host: CliHost },
): Promise<Sealing> {
  const given = await givenKeys(flags);
  const keys = given.from === "given" ? given : await ownKeys(flags, host);
  if (flags.seal !== undefined) return sealingOf(openSeal(await textOf(flags.seal, "seal")), keys);
  return sealingOf(await sealOrNone(client, runId), keys);
}

async function sealOrNone(client: VerbatimClient, runId: string): Promise<RunSeal | undefined> {
  try {
    return await sealOfRun(client, runId);
  } catch (error) {
    const missing = ["RUN_OPEN", "SIGNER_UNAVAILABLE", "UNIMPLEMENTED", "EVIDENCE_BROKEN"];
    if (error instanceof Fault && missing.includes(error.code)) return undefined; // the log is verified all the same
    throw error;
  }
}

async function givenKeys({ key = [] }: VerifyFlags): Promise<Keys> {
  const keys = await Promise.all(key.map(async (path) => readPublicKey(await textOf(path, "public key"))));
  return { keys, from: keys.length > 0 ? "given" : "none" };
}

async function ownKeys(flags: VerifyFlags, host: CliHost): Promise<Keys> {
  const pem = await host.ownPublicKey(flags);
  return pem === undefined ? { keys: [], from: "none" } : { keys: [readPublicKey(pem)], from: "own" };
}

function sealingOf(seal: RunSeal | undefined, { keys, from }: Keys): Sealing {
  const checkpoints: VerifyOptions["checkpoints"] = ({ runId, size, head, keyId, signature }) => {
    const verdict = judgeCheckpoint(runId, { size, head, keyid: keyId, sig: signature }, keys);
    return verdict === "malformed" ? "bad_signature" : verdict;
  };
  const options: VerifyOptions = from === "none" ? {} : { checkpoints };
  if (seal === undefined) return { options };
  const judged = judgeEnvelope(seal.envelope, keys);
  const keyId = judged.verdict === "valid" ? judged.key.keyId : (seal.envelope.signatures[0]?.keyid ?? "");
  const finding: SealFinding = { keyId, verdict: judged.verdict, keys: from };
  if (judged.verdict !== "valid") return { options, finding };
  const { run_id: runId, size, head, merkle_root: merkleRoot, plan_hash: planHash } = seal.predicate;
  return { options: { ...options, sealed: { runId, size, head, merkleRoot, planHash } }, finding };
}

async function textOf(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new Fault("INVALID_REQUEST", `The ${what} ${path} cannot be read (${why}).`, { cause });
  }
}
