export { canonicalJson, digest } from "./canonical-json.ts";
export { LOG_SCHEMA } from "./chain.ts";
export { judgeCheckpoint } from "./checkpoint.ts";
export { concealFields, verifyDisclosure } from "./disclosure.ts";
export type { Disclosure, DisclosureVerdict, KeptDisclosure } from "./disclosure.ts";
export { DisclosureFiles } from "./disclosure-files.ts";
export { makeDirectory, writeDurably } from "./durable-file.ts";
export type { EvidenceDisk } from "./evidence-disk.ts";
export type { Claimant, EvidenceStore, Hands, RunHead, WaitingRun } from "./evidence-store.ts";
export { createJsonlStore } from "./evidence-stores/jsonl.ts";
export { isBlobReference } from "./encode.ts";
export { executionResultToEvidence, snakeCase, stepResultToEvidence } from "./execution-evidence.ts";
export { compareHistory } from "./history/compare-history.ts";
export type { HistoryComparison } from "./history/compare-history.ts";
export { createMemoryHistory } from "./history/histories/memory.ts";
export { createSqliteHistory } from "./history/histories/sqlite.ts";
export {
  damageOf,
  HISTORY_FILE,
  HistoryDamage,
  moveHistoryAside,
  removeHistory,
  replaceHistory,
} from "./history/histories/sqlite/history-file.ts";
export { HistoryFeed, historyUnavailable } from "./history/history-feed.ts";
export type { HistoryReader } from "./history/history-feed.ts";
export { foreignTo } from "./history/missed-runs.ts";
export { rebuildHistory } from "./history/rebuild-history.ts";
export type { RebuildProgress } from "./history/rebuild-history.ts";
export type {
  HistoryAttempt,
  HistoryJob,
  HistoryPage,
  HistoryPlace,
  HistoryQuery,
  HistoryRun,
  HistoryWord,
  RunHistory,
} from "./history/run-history.ts";
export { sealedLeaf } from "./ledger/leaf.ts";
export type { CreatedLeaf, LedgerLeaf, SealedLeaf } from "./ledger/leaf.ts";
export { readCheckpoint } from "./ledger/ledger-checkpoint.ts";
export type { LedgerCheckpoint } from "./ledger/ledger-checkpoint.ts";
export { LEDGER_DIRECTORY } from "./ledger/ledger-names.ts";
export { openLedger } from "./ledger/ledgers/open-ledger.ts";
export { createdLeaf, mendLedger, mendSeals } from "./ledger/mend-ledger.ts";
export type { RunLedger } from "./ledger/run-ledger.ts";
export type { LedgerProblem, LedgerReport } from "./ledger/verification/ledger-report.ts";
export { ledgerCheckpoint, ledgerKey, verifyLedger } from "./ledger/verification/verify-ledger.ts";
export { lineBatches } from "./line-batches.ts";
export { proveLine, verifyLineProof } from "./line-proof.ts";
export type { LineProof, LineProofVerdict } from "./line-proof.ts";
export type { LogKind } from "./log-kind.ts";
export { LogMirror } from "./log-mirror.ts";
export type { CommitWatch, WrittenCommit } from "./commit-watch.ts";
export type { LogStoreOptions } from "./log-store-options.ts";
export { isShared } from "./shared-pages.ts";
export { createMemoryStore } from "./evidence-stores/memory.ts";
export { createPostgresStore } from "./evidence-stores/postgres.ts";
export type { PostgresStoreOptions } from "./evidence-stores/postgres.ts";
export { createReserveFile } from "./evidence-stores/reserve-file.ts";
export { createSqliteStore } from "./evidence-stores/sqlite.ts";
export { planDocument } from "./plan-document.ts";
export type { PlanDocument } from "./plan-document.ts";
export type { BlobReference, EventType, EvidenceRecord, RecordDraft, StoredRecord } from "./record.ts";
export { interruptedResult, replayJob } from "./replay.ts";
export type { JobReplay } from "./replay.ts";
export { RunCheckpoints } from "./run-checkpoints.ts";
export type { CheckpointOptions } from "./run-checkpoints.ts";
export { judgeEnvelope, readEnvelope } from "./seal/dsse.ts";
export type { DsseEnvelope } from "./seal/dsse.ts";
export { LOG_FILE } from "./seal/run-summary.ts";
export { SEAL_FILE } from "./seal/seal-files.ts";
export { Sealer } from "./seal/sealer.ts";
export type { SealerOptions } from "./seal/sealer.ts";
export { sigstoreBundle } from "./seal/sigstore-bundle.ts";
export { readStatement } from "./seal/statement.ts";
export type { SealPredicate, SealStatement } from "./seal/statement.ts";
export { readPublicKey } from "./signing/public-key.ts";
export type { PublicKey } from "./signing/public-key.ts";
export type { SignatureAlgorithm, Signer } from "./signing/signer.ts";
export { createKeyFileSigner } from "./signing/signers/key-file.ts";
export { createSocketSigner } from "./signing/signers/socket.ts";
export { serveSigner } from "./signing/signing-server.ts";
export { verifyFile } from "./verify/verify-file.ts";
export { verifyLines } from "./verify/verify-lines.ts";
export type { ContractFacts } from "./verify/laws/contract-story.ts";
export type { LogReport } from "./verify/log-verifier.ts";
export type { SaidRecord } from "./verify/said-record.ts";
export { LAW_CODES, LOG_CODES } from "./verify/problems.ts";
export type { LogProblem, ProblemCode } from "./verify/problems.ts";
export type { CheckpointJudge, SealedLog, VerifyOptions } from "./verify/verify-options.ts";
