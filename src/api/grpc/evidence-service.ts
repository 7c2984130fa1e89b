import { setImmediate as turn } from "node:timers/promises";
import type { EvidenceStore, LogProblem, Sealer, Signer, StoredRecord } from "#evidence";
import { isBlobReference, verifyLines } from "#evidence";
import { Fault } from "#model";
import type { LogLine, LogProblem as ProblemMessage } from "../gen/verbatim/evidence/v1/evidence_pb.ts";
import { EvidenceService } from "../gen/verbatim/evidence/v1/evidence_pb.ts";
import { idViolations, invalidRequest, logIdViolations, refuseIfAny, sequenceNumber } from "./checks.ts";
import { BATCH_CHARACTERS, batches } from "./event-messages.ts";
import type { CallShares } from "./call-budgets.ts";
import { answerMayBeSent, pageMayBeRead, pageWasRead, wholeLogMayBeRead } from "./call-budgets.ts";
import { onlyOwn, ownIdsOf } from "./access/own-things.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";
import { charactersOf, wholeTail } from "./whole-tail.ts";

/** Records read at once where a log is read without following it. */
const RECORDS_PER_READ = 256;

const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 1000;

/** Bytes of a seal in one message. */
const CHUNK_BYTES = 64 * 1024;

/** Bytes of one run in a list, rounded up. */
const RUN_BYTES = 512;

const DIGEST = /^[A-Za-z0-9_-]{43}$/;

/** What the service speaks for. */
export interface EvidenceServiceOptions {
  readonly store: EvidenceStore;
  readonly sealer: Sealer;
  readonly signer: Pick<Signer, "algorithm" | "keyId" | "publicKeyPem">;
}

/** `verbatim.evidence.v1.EvidenceService`: the read side of the store, byte for byte. */
export function evidenceService({ store, sealer, signer }: EvidenceServiceOptions): MountedService {
  return mount(EvidenceService, {
    async *readLog({ runId, afterSeq, follow }, { signal, shares }) {
      refuseIfAny(logIdViolations("run_id", runId));
      const after = sequenceNumber(afterSeq);
      const from = { store, runId, afterSeq: after, signal, shares };
      let seq = after; // the place in the log, not what the line says of itself
      for await (const records of follow ? wholeTail(from) : answeredPages(from)) {
        for (const batch of batches(records, BATCH_CHARACTERS)) {
          const lines = batch.map(({ line }) => lineMessage((seq += 1), line));
          yield { $typeName: "verbatim.evidence.v1.ReadLogResponse", lines };
        }
      }
    },

    async verifyRun({ runId }, { signal, shares }) {
      refuseIfAny(logIdViolations("run_id", runId));
      await wholeLogMayBeRead(shares);
      const verdict = await verifyLines(linesOf({ store, runId, afterSeq: -1, signal }), { runId });
      return {
        $typeName: "verbatim.evidence.v1.VerifyRunResponse",
        ok: verdict.ok,
        records: BigInt(verdict.records),
        head: verdict.head ?? "",
        complete: verdict.complete,
        problems: verdict.problems.map(problemMessage),
      };
    },

    async *readBlob({ runId, digest }, { signal, shares, principal }) {
      refuseIfAny([...logIdViolations("run_id", runId), ...digestViolations(digest)]);
      if ((await store.head(runId)) === undefined) throw new Fault("RUN_NOT_FOUND", `There is no run ${runId}.`);
      await shares.wholeLog.take(1);
      const told = ownIdsOf(principal) === "" || (await isToldOf({ store, runId, afterSeq: -1, signal }, digest));
      const size = told ? await store.blobSize(digest) : undefined;
      shares.wholeLog.give();
      if (size === undefined) throw new Fault("BLOB_NOT_FOUND", `There is no payload ${digest}.`);
      for (let start = 0; start === 0 || (start < size && !signal.aborted);) {
        await pageMayBeRead(shares);
        const chunk = await store.readBlob(digest, start);
        pageWasRead(shares, chunk.length);
        yield { $typeName: "verbatim.evidence.v1.ReadBlobResponse", chunk };
        start += chunk.length;
        if (chunk.length === 0) break;
      }
    },

    ...sealMethods({ sealer, signer }),

    async listRuns({ pageSize, pageToken }, { shares, principal }) {
      const limit = pageSize === 0 ? DEFAULT_PAGE : Math.min(pageSize, LARGEST_PAGE);
      const before = pageToken === "" ? undefined : runOfToken(pageToken);
      await shares.answer.take(RUN_BYTES * limit); // before they are read
      const begins = ownIdsOf(principal);
      const known = before === undefined || before.startsWith(begins); // a place among another's runs is none
      const asked = { limit, begins, ...(before !== undefined && { before }) };
      const heads = onlyOwn(known ? await store.runs(asked) : [], principal);
      const last = heads.length < limit ? undefined : heads.at(-1);
      return {
        $typeName: "verbatim.evidence.v1.ListRunsResponse",
        runs: heads.map((head) => ({
          $typeName: "verbatim.evidence.v1.RunSummary",
          runId: head.runId,
          logSize: BigInt(head.size),
          logHead: head.hash,
          complete: head.completed,
        })),
        nextPageToken: last === undefined ? "" : Buffer.from(last.runId).toString("base64url"),
      };
    },
  });
}

type SealMethods = Pick<Parameters<typeof mount<typeof EvidenceService>>[1], "getSeal" | "getPublicKey">;

/** What a stranger needs beside the log: the seal, and the key that it was signed with. */
function sealMethods({ sealer, signer }: Pick<EvidenceServiceOptions, "sealer" | "signer">): SealMethods {
  return {
    async *getSeal({ runId }, { shares }) {
      refuseIfAny(idViolations("run_id", runId));
      await wholeLogMayBeRead(shares);
      const seal = Buffer.from(await sealer.seal(runId));
      await answerMayBeSent(shares, seal.length);
      for (let start = 0; start < seal.length; start += CHUNK_BYTES) {
        const chunk = seal.subarray(start, start + CHUNK_BYTES);
        yield { $typeName: "verbatim.evidence.v1.GetSealResponse", chunk };
      }
    },

    getPublicKey() {
      const { publicKeyPem: pem, keyId, algorithm } = signer;
      return Promise.resolve({ $typeName: "verbatim.evidence.v1.GetPublicKeyResponse", pem, keyId, algorithm });
    },
  };
}

interface LogRange {
  readonly store: EvidenceStore;
  readonly runId: string;
  readonly afterSeq: number;
  readonly signal: AbortSignal;
}

/** What is durable now, in pages, with a turn of the event loop for everybody else between them. @throws {Fault} RUN_NOT_FOUND */
async function* pagesOf({
  store,
  runId,
  afterSeq,
  signal,
}: LogRange): AsyncGenerator<readonly StoredRecord[], void, void> {
  const head = await store.head(runId);
  if (head === undefined) throw new Fault("RUN_NOT_FOUND", `There is no run ${runId}.`);
  let last = afterSeq;
  while (last < head.size - 1 && !signal.aborted) {
    const records = await store.read(runId, last, Math.min(RECORDS_PER_READ, head.size - 1 - last));
    if (records.length === 0) throw new Fault("EVIDENCE_BROKEN", `Run ${runId} ends before its ${head.size} records.`);
    yield records;
    last += records.length;
    await turn();
  }
}

/** The same for a client: a page is read when there is room for it, and held until it was taken. */
async function* answeredPages(
  range: LogRange & { readonly shares: CallShares },
): AsyncGenerator<readonly StoredRecord[], void, void> {
  const { shares } = range;
  await pageMayBeRead(shares);
  for await (const records of pagesOf(range)) {
    pageWasRead(shares, charactersOf(records));
    yield records;
    await pageMayBeRead(shares);
  }
}

async function* linesOf(range: LogRange): AsyncGenerator<string, void, void> {
  for await (const records of pagesOf(range)) {
    for (const { line } of records) yield line;
  }
}

/** Payloads lie beside all logs together: whoever sees one run alone is given those alone of which its log tells. */
async function isToldOf(range: LogRange, digest: string): Promise<boolean> {
  for await (const records of pagesOf(range)) {
    for (const { record } of records) {
      for (const told of [record.output, record.plan]) if (isBlobReference(told) && told.$blob === digest) return true;
    }
  }
  return false;
}

function problemMessage({ code, seq, toSeq, line, message }: LogProblem): ProblemMessage {
  const interval = toSeq === undefined ? {} : { toSeq: BigInt(toSeq) };
  const place = { line: BigInt(line), seq: BigInt(seq), ...interval };
  return { $typeName: "verbatim.evidence.v1.LogProblem", code, message, ...place };
}

function lineMessage(seq: number, line: string): LogLine {
  return { $typeName: "verbatim.evidence.v1.LogLine", seq: BigInt(seq), line: Buffer.from(line, "utf8") };
}

function digestViolations(digest: string): { field: string; description: string }[] {
  if (DIGEST.test(digest)) return [];
  return [{ field: "digest", description: "is no SHA-256 in base64url: expected 43 characters" }];
}

function runOfToken(token: string): string {
  const runId = Buffer.from(token, "base64url").toString("utf8");
  if (idViolations("page_token", runId).length === 0) return runId;
  throw invalidRequest([{ field: "page_token", description: "is not one that this server gave" }]);
}
