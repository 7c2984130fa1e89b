import type { CheckpointJudge, RecordDraft, SealedLog } from "#evidence";
import { MerkleTree } from "../../../../src/evidence/merkle.ts";
import { completed, created, draft, stepStarted, stepSucceeded } from "../../support/drafts.ts";
import { canonical, referenceLines, sha256 } from "../../support/reference-format.ts";
import { sealedLines } from "../../support/sealed.ts";

/** A log with what somebody who has a key says of it. */
export interface SealedCase {
  readonly lines: readonly string[];
  readonly sealed: SealedLog;
  /** Places of the signed checkpoints. */
  readonly checkpoints: readonly number[];
}

/** Short, as all that stands in these lines: a test flips every bit of them. */
const RUN = "r";
const short = { actor: "a", timestamp_utc: "" };
const job = { job_id: RUN, job_key: "job", ...short };

const NO_TIMES = { started_at: undefined, duration_seconds: undefined };

/** Stands for a signature: nobody who tampers knows the secret. */
export function signatureOf(size: unknown, head: unknown): string {
  return sha256(`the secret\n${RUN}\n${String(size)}\n${String(head)}`);
}

/** Trusts the key `k`. */
export const judge: CheckpointJudge = ({ size, head, keyId, signature }) => {
  if (keyId !== "k") return "unknown_key";
  return signature === signatureOf(size, head) ? "valid" : "bad_signature";
};

/** The hash that a line ends with. */
export function hashOf(line: string | undefined): string {
  return (line ?? "").slice(-45, -2);
}

function shortIds(): () => string {
  let last = 0;
  return () => String((last += 1));
}

/** A sealed log of `2 * steps + 4` lines and two checkpoints, at the places given. */
export function sealedCase(steps: number, checkpoints: readonly [number, number]): SealedCase {
  const declared = Array.from({ length: steps }, (_none, index) => ({
    step_type: "t",
    target: String(index),
  }));
  const plan = { steps: declared };
  const records: RecordDraft[] = [
    created(RUN, { ...short, steps_declared: steps, plan, plan_hash: sha256(canonical(plan)) }),
    draft("job.started", job),
    ...declared.flatMap((step, index) => [
      stepStarted(index, { ...short, ...step, job_id: RUN }),
      stepSucceeded(index, { ...short, ...step, ...NO_TIMES, job_id: RUN, output: index }),
    ]),
    draft("job.succeeded", { ...job, status: "COMPLETED" }),
    { ...completed(), ...short },
  ];
  for (const size of checkpoints) {
    const head = hashOf(referenceLines(RUN, records.slice(0, size), shortIds()).at(-1));
    const data = { size, head, keyid: "k", sig: signatureOf(size, head) };
    records.splice(size, 0, draft("log.checkpoint", { ...short, data }));
  }
  const lines = referenceLines(RUN, records, shortIds());
  return { lines, checkpoints, sealed: factsOf(lines) };
}

/** What a seal would say of these lines. */
export function factsOf(lines: readonly string[]): SealedLog {
  const tree = new MerkleTree();
  for (const line of lines) tree.add(line);
  const { plan_hash: planHash } = JSON.parse(lines[0] ?? "{}") as { readonly plan_hash: string }; // as just written
  const merkleRoot = tree.root().toString("base64url");
  return { runId: RUN, size: lines.length, head: hashOf(lines.at(-1)), merkleRoot, planHash };
}

/** The log with something changed in one line, and every hash from there on computed anew. */
export function rehashed(lines: readonly string[], change: (bodies: string[]) => string[]): readonly string[] {
  return sealedLines(RUN, change(lines.map((line) => `${line.slice(0, -54)}}`)));
}
