import { z } from "zod";
import { Fault } from "#model";
import type { Json } from "#model";
import { leafHash, MerkleTree } from "./merkle.ts";
import { inclusionProof, verifyInclusion } from "./merkle-proof.ts";

/** What a proof says it is. */
export const LINE_PROOF_FORM = "verbatim/line-proof/v1";

/** Base64url of 32 bytes, in the one way to write them: the last letter has two bits to spare. */
const hash = z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/);
const LONGEST_PATH = 64;

const proofSchema = z.strictObject({
  form: z.literal(LINE_PROOF_FORM),
  run_id: z.string().min(1).max(128),
  /** Place of the line in its log, from 0. */
  seq: z.int().min(0),
  /** Exact text, without its line feed. */
  line: z.string().min(2),
  /** Lines of the log, as the seal says it: several sizes can have the same path from a line to a root. */
  size: z.int().min(1),
  /** RFC 9162 root over all lines, base64url. */
  merkle_root: hash,
  /** Hashes from the line up to the root, base64url. */
  path: z.array(hash).max(LONGEST_PATH),
  /** The seal's envelope, which signs for the root; without it the proof is as good as whoever names the root. */
  seal: z.custom<Json>().optional(),
});

/** Shows that one line stands in a log with this root, and nothing of the other lines. */
export type LineProof = z.output<typeof proofSchema>;

/** What was found of a proof. */
export type LineProofVerdict =
  | { readonly ok: true; readonly proof: LineProof }
  /** What does not hold. */
  | { readonly ok: false; readonly why: string };

/**
 * The proof for the line at `seq` of a log, whose lines are given without their line feeds. Holds a hash of each line.
 * @throws {Fault} INVALID_REQUEST if there is no such line; EVIDENCE_BROKEN if it is no record.
 */
export async function proveLine(lines: AsyncIterable<string> | Iterable<string>, seq: number): Promise<LineProof> {
  const tree = new MerkleTree();
  const hashes: Buffer[] = [];
  let proven: string | undefined;
  for await (const line of lines) {
    const hashOfLine = leafHash(line);
    if (hashes.length === seq) proven = line;
    hashes.push(hashOfLine);
    tree.addHash(hashOfLine);
  }
  if (proven === undefined) {
    const text = `There is no line with seq ${seq}: the log has ${hashes.length} lines, 0 to ${hashes.length - 1}.`;
    throw new Fault("INVALID_REQUEST", text);
  }
  const said = recordOf(proven);
  if (said === undefined || said.seq !== seq)
    throw new Fault("EVIDENCE_BROKEN", `Line ${seq + 1} is not the record ${seq} of a run: verify the log first.`);
  return {
    form: LINE_PROOF_FORM,
    run_id: said.run_id,
    seq,
    line: proven,
    size: hashes.length,
    merkle_root: tree.root().toString("base64url"),
    path: inclusionProof(hashes, seq).map((node) => node.toString("base64url")),
  };
}

/**
 * Whether a proof holds in itself: that the line stands at its place under `merkle_root`, and is a record of that run. Whether
 * the root is the right one, a seal has to say. Takes anything, and never throws.
 */
export function verifyLineProof(given: unknown): LineProofVerdict {
  const read = proofSchema.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { ok: false, why: `it is no proof: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}` };
  }
  const proof = read.data;
  const { run_id: runId, seq, line, size } = proof;
  const said = recordOf(line);
  if (said?.run_id !== runId) return { ok: false, why: `the line is no record of the run ${runId}` };
  if (said.seq !== seq) return { ok: false, why: `the line says seq ${said.seq}, the proof ${seq}` };
  const claim = { leafHash: leafHash(line), index: seq, size, root: bytesOf(proof.merkle_root) };
  if (!verifyInclusion(claim, proof.path.map(bytesOf)))
    return { ok: false, why: "the path does not lead from the line to the root" };
  return { ok: true, proof };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, "base64url");
}

const recordSchema = z.object({ run_id: z.string(), seq: z.int() });

function recordOf(line: string): z.output<typeof recordSchema> | undefined {
  try {
    return recordSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
