import { z } from "zod";
import { Fault } from "#model";

/** What a seal's payload is, for whoever opens the envelope. */
export const STATEMENT_PAYLOAD_TYPE = "application/vnd.in-toto+json";

const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";

/** What the predicate of a seal is. */
export const SEAL_PREDICATE_TYPE = "urn:verbatim:run-seal:v1";

const hash = z.string().regex(/^[\w-]{43}$/);
const count = z.int().min(0);

const sealedStep = z.object({
  job_key: z.string().optional(),
  job_id: z.string().optional(),
  attempt: count,
  step_index: count,
  status: z.enum(["succeeded", "failed", "in_doubt"]),
  started_seq: count.optional(),
  ended_seq: count,
  hash,
  outputs_hash: hash.optional(),
});

const sealedJob = z.object({
  key: z.string(),
  attempts: count,
  status: z.enum(["pending", "running", "succeeded", "failed", "skipped", "compensated"]),
  /** Whether somebody said that it counts as succeeded. */
  marked: z.literal(true).optional(),
});

const predicateSchema = z.object({
  run_id: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  size: count.min(1),
  head: hash,
  merkle_root: hash,
  plan_hash: hash,
  executor_version: z.string().optional(),
  counts: z.object({
    declared: count,
    started: count,
    succeeded: count,
    failed: count,
    in_doubt: count,
    checkpoints: count,
  }),
  /** Of the run of a plan. */
  jobs: z.array(sealedJob).optional(),
  steps: z.array(sealedStep),
  /** Of a run that was opened again after it had failed: where its log ended before, oldest first. */
  earlier_ends: z.array(z.object({ size: count.min(1), head: hash })).optional(),
});

/** One job as its run's seal tells it. */
export type SealedJob = z.output<typeof sealedJob>;

/** One step as its run's seal tells it. */
export type SealedStep = z.output<typeof sealedStep>;

/** What is sealed of a run. */
export type SealPredicate = z.output<typeof predicateSchema>;

const subjectSchema = z.object({ name: z.string(), digest: z.object({ sha256: z.string().regex(/^[\da-f]{64}$/) }) });

const statementSchema = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(subjectSchema).min(1),
  predicateType: z.literal(SEAL_PREDICATE_TYPE),
  predicate: predicateSchema,
});

/** The bytes that a seal is about: a name and their SHA-256 in hexadecimal digits. */
export type SealSubject = z.output<typeof subjectSchema>;

/** The in-toto Statement of a seal, <https://in-toto.io/Statement/v1>. */
export type SealStatement = z.output<typeof statementSchema>;

/** The statement about a run's log. */
export function sealStatement(subject: SealSubject[], predicate: SealPredicate): SealStatement {
  return { _type: STATEMENT_TYPE, subject, predicateType: SEAL_PREDICATE_TYPE, predicate };
}

/** Reads the payload of a seal. @throws {Fault} INVALID_REQUEST if it is the statement of something else. */
export function readStatement(payload: Uint8Array): SealStatement {
  try {
    return statementSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)));
  } catch (cause) {
    const text = `This seals no run: expected an in-toto statement with the predicate ${SEAL_PREDICATE_TYPE}.`;
    throw new Fault("INVALID_REQUEST", text, { cause });
  }
}
