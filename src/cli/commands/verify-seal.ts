import type { VerbatimClient } from "#api";
import { judgeCheckpoint, judgeEnvelope, readPublicKey } from "#evidence";
import type { VerifyOptions } from "#evidence";
import type { CliHost } from "../host.ts";
import { givenKeys } from "../given-keys.ts";
import type { Keys } from "../given-keys.ts";
import { namedSeal, sealIfThere, sealOfFile } from "../seal-of-run.ts";
import type { RunSeal } from "../seal-of-run.ts";
import type { SealFinding } from "../views/proven.ts";
import type { VerifyFlags } from "./verify-expectations.ts";

/** What keys and seal say of a log beforehand. */
export interface Sealing {
  readonly options: VerifyOptions;
  readonly finding?: SealFinding;
}

/** The seal that lies beside a log file, or the one that is named. @throws {Fault} INVALID_REQUEST if one cannot be read. */
export async function sealingOfFile(path: string, flags: VerifyFlags): Promise<Sealing> {
  const keys = await givenKeys(flags);
  return sealingOf(await sealOfFile(path, flags.seal), keys);
}

/** The seal that a server has of a run, judged by the keys that are given, else by the key of this very installation. */
export async function sealingOfRun(
  runId: string,
  { client, flags, host }: { readonly client: VerbatimClient; readonly flags: VerifyFlags; readonly host: CliHost },
): Promise<Sealing> {
  const given = await givenKeys(flags);
  const keys = given.from === "given" ? given : await ownKeys(flags, host);
  return sealingOf(flags.seal === undefined ? await sealIfThere(client, runId) : await namedSeal(flags.seal), keys);
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
