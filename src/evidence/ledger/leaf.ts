import { z } from "zod";
import { canonicalJson, digest } from "../canonical-json.ts";

/** Most bytes that an entry of a bundle can have: its length is told in 16 bits. */
const LEAF_BYTES = 0xffff;

const runId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
const hash = z.string().regex(/^[\w-]{43}$/);

const leafSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("run.created"),
    run_id: runId,
    /** Hash of the log's first line: whoever writes the run anew gets another one. */
    first_hash: hash,
    plan_hash: hash.optional(),
  }),
  z.strictObject({
    kind: z.literal("run.sealed"),
    run_id: runId,
    /** Number of lines. */
    size: z.int().min(1),
    /** Hash of the last line. */
    head: hash,
    /** RFC 9162 root over the lines. */
    merkle_root: hash,
    /** SHA-256 of the sealed statement: the signature beside it may be made again, the statement never differs. */
    statement_hash: hash,
    /** Only of a run that was opened again after it had failed: number of lines that its log had when it ended before. */
    continues: z.int().min(1).optional(),
  }),
]);

/** What the ledger tells of a run: that it was created, or how it was sealed. Hashes are base64url. */
export type LedgerLeaf = z.output<typeof leafSchema>;

/** The leaf that says that a run was created. */
export type CreatedLeaf = Extract<LedgerLeaf, { kind: "run.created" }>;

/** The leaf that says how a run was sealed. */
export type SealedLeaf = Extract<LedgerLeaf, { kind: "run.sealed" }>;

/** The leaf's text: canonical JSON. @throws {Error} on what is no leaf. */
export function leafText(leaf: LedgerLeaf): string {
  return canonicalJson(leafSchema.parse(leaf));
}

/** Reads a leaf; undefined if it is none, or written in another way than {@link leafText} writes it. */
export function readLeaf(bytes: Uint8Array): LedgerLeaf | undefined {
  if (bytes.length > LEAF_BYTES) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const leaf = leafSchema.parse(JSON.parse(text));
    return canonicalJson(leaf) === text ? leaf : undefined;
  } catch {
    return undefined;
  }
}

const statementSchema = z.object({
  predicate: z.object({
    run_id: runId,
    size: z.int().min(1),
    head: hash,
    merkle_root: hash,
    earlier_ends: z.array(z.object({ size: z.int().min(1) })).default([]),
  }),
});

/** The leaf for a run's seal, from the exact bytes of the statement that was sealed. @throws {Error} if it says less. */
export function sealedLeaf(statement: Uint8Array): SealedLeaf {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(statement);
  const { run_id, size, head, merkle_root, earlier_ends: ends } = statementSchema.parse(JSON.parse(text)).predicate;
  const continues = ends.at(-1)?.size;
  const statement_hash = digest(statement);
  return {
    kind: "run.sealed",
    run_id,
    size,
    head,
    merkle_root,
    statement_hash,
    ...(continues !== undefined && { continues }),
  };
}
