/** How a method treats the tenant of its caller, as docs/identity.md says. */
export type Tenancy = "names" | "makes" | "lists" | "shared" | "closed";

/** One row as a person has written it down, beside the code and not from it. */
export interface WrittenRow {
  /** First letters of the roles that may: s(ubmitter), a(pprover), r(eader), o(perator), (a)u(ditor); `*` = whoever is known. */
  readonly may: string;
  readonly tenancy: Tenancy;
  /** Request about things of tenant acme, in JSON; `ID` stands for an id of the caller's own choice. */
  readonly request: object;
  /** Status for one of acme who may; 0 where nothing is said. Never 7 or 16, nor what a foreign id is answered. */
  readonly own?: number;
  /** It never ends by itself: its first message counts as 0. */
  readonly endless?: true;
}

const ALL = "saruo";
const [INVALID_ARGUMENT, FAILED_PRECONDITION] = [3, 9];

const job = { jobId: "ID", contractId: "contract-1", steps: [{ stepType: "test.echo", target: "here" }] };
const plan = {
  text: "name: p\njobs:\n  one:\n    steps: [{ step_type: test.echo, target: here }]\n",
  name: "plan.yaml",
};
const word = { word: { runId: "acme.run", jobKey: "one" } };

/**
 * Every method that is served, written a second time: what the code thinks of itself is compared with this. Requests that would
 * change something are left without a reason, so that whoever is let in is told that there is none.
 */
export const WRITTEN: Readonly<Record<string, WrittenRow>> = {
  "verbatim.executor.v1.JobExecutorService/ExecuteJob": { may: "s", tenancy: "makes", request: job },
  "verbatim.executor.v1.JobExecutorService/ExecuteJobStream": { may: "s", tenancy: "makes", request: { job } },
  "verbatim.executor.v1.JobExecutorService/WatchJob": { may: ALL, tenancy: "names", request: { jobId: "acme.job" } },
  "verbatim.executor.v1.JobExecutorService/GetJob": { may: ALL, tenancy: "names", request: { jobId: "acme.job" } },
  "verbatim.executor.v1.JobExecutorService/CancelJob": {
    may: "so",
    tenancy: "names",
    request: { jobId: "acme.job" },
    own: INVALID_ARGUMENT,
  },
  "verbatim.executor.v1.JobExecutorService/ListStepTypes": { may: "*", tenancy: "shared", request: {} },

  "verbatim.orchestration.v1.RunService/ValidatePlan": { may: "so", tenancy: "shared", request: { plan } },
  "verbatim.orchestration.v1.RunService/CreateRun": { may: "s", tenancy: "makes", request: { plan, runId: "ID" } },
  "verbatim.orchestration.v1.RunService/GetRun": { may: ALL, tenancy: "names", request: { runId: "acme.run" } },
  "verbatim.orchestration.v1.RunService/GetHistory": { may: ALL, tenancy: "names", request: { runId: "acme.run" } },
  "verbatim.orchestration.v1.RunService/ListRuns": { may: ALL, tenancy: "lists", request: {} },
  "verbatim.orchestration.v1.RunService/WatchRun": { may: ALL, tenancy: "names", request: { runId: "acme.run" } },
  "verbatim.orchestration.v1.RunService/ResumeRun": {
    may: "o",
    tenancy: "names",
    request: { runId: "acme.run" },
    own: FAILED_PRECONDITION,
  },
  "verbatim.orchestration.v1.RunService/CancelRun": {
    may: "so",
    tenancy: "names",
    request: { runId: "acme.run" },
    own: INVALID_ARGUMENT,
  },
  "verbatim.orchestration.v1.RunService/MarkJobSucceeded": {
    may: "o",
    tenancy: "names",
    request: word,
    own: INVALID_ARGUMENT,
  },
  "verbatim.orchestration.v1.RunService/ApproveGate": {
    may: "a",
    tenancy: "names",
    request: word,
    own: INVALID_ARGUMENT,
  },
  "verbatim.orchestration.v1.RunService/RejectGate": {
    may: "a",
    tenancy: "names",
    request: word,
    own: INVALID_ARGUMENT,
  },
  "verbatim.orchestration.v1.RunService/OverrideGate": {
    may: "o",
    tenancy: "names",
    request: word,
    own: INVALID_ARGUMENT,
  },
  "verbatim.orchestration.v1.RunService/RollbackRun": {
    may: "o",
    tenancy: "names",
    request: { runId: "acme.run" },
    own: INVALID_ARGUMENT,
  },
  "verbatim.orchestration.v1.RunService/ListSchedules": { may: "rou", tenancy: "closed", request: {} },

  "verbatim.evidence.v1.EvidenceService/ReadLog": { may: ALL, tenancy: "names", request: { runId: "acme.job" } },
  "verbatim.evidence.v1.EvidenceService/VerifyRun": { may: ALL, tenancy: "names", request: { runId: "acme.job" } },
  "verbatim.evidence.v1.EvidenceService/ReadBlob": {
    may: ALL,
    tenancy: "names",
    request: { runId: "acme.large", digest: "DIGEST" },
  },
  "verbatim.evidence.v1.EvidenceService/GetSeal": { may: ALL, tenancy: "names", request: { runId: "acme.job" } },
  "verbatim.evidence.v1.EvidenceService/GetPublicKey": { may: "*", tenancy: "shared", request: {} },
  "verbatim.evidence.v1.EvidenceService/ListRuns": { may: "rou", tenancy: "lists", request: {} },

  "verbatim.governance.v1.ContractService/SubmitRequest": { may: "s", tenancy: "closed", request: {} },
  "verbatim.governance.v1.ContractService/GetContract": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.governance.v1.ContractService/ListContracts": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.governance.v1.ContractService/ExplainContract": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.governance.v1.ContractService/ActivateContract": { may: "o", tenancy: "closed", request: {} },
  "verbatim.governance.v1.ContractService/CancelContract": { may: "so", tenancy: "closed", request: {} },
  "verbatim.governance.v1.ContractService/ReadContractLog": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.governance.v1.ReviewService/ListReviewQueue": { may: "arou", tenancy: "closed", request: {} },
  "verbatim.governance.v1.ReviewService/ReviewContract": { may: "a", tenancy: "closed", request: {} },
  "verbatim.governance.v1.AuditService/GetAudit": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.governance.v1.AuditService/ResolveAudit": { may: "u", tenancy: "closed", request: {} },
  "verbatim.governance.v1.RolloutService/GetRollout": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.governance.v1.RolloutService/AdvanceRollout": { may: "o", tenancy: "closed", request: {} },

  "verbatim.platform.v1.PlatformService/ListCapabilities": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.platform.v1.PlatformService/ListConfiguration": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.platform.v1.PlatformService/ListChanges": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.health.v1.PlatformHealthService/ReportSignal": { may: "o", tenancy: "closed", request: {} },
  "verbatim.health.v1.PlatformHealthService/WithdrawSignal": { may: "o", tenancy: "closed", request: {} },
  "verbatim.health.v1.PlatformHealthService/GetHealth": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.health.v1.PlatformHealthService/ListSignals": { may: ALL, tenancy: "closed", request: {} },

  "verbatim.hooks.v1.HookService/PublishChange": { may: "s", tenancy: "closed", request: {} },
  "verbatim.hooks.v1.HookService/ListHooks": { may: "rou", tenancy: "closed", request: {} },
  "verbatim.queue.v1.QueueService/Enqueue": { may: "s", tenancy: "closed", request: {} },
  "verbatim.queue.v1.QueueService/GetWork": { may: ALL, tenancy: "closed", request: {} },
  "verbatim.queue.v1.QueueService/GetStats": { may: "rou", tenancy: "closed", request: {} },
  "verbatim.queue.v1.QueueService/ListDeadLetters": { may: "rou", tenancy: "closed", request: {} },
  "verbatim.queue.v1.QueueService/RedriveDeadLetters": { may: "o", tenancy: "closed", request: {} },
  "verbatim.queue.v1.QueueService/DiscardDeadLetter": { may: "o", tenancy: "closed", request: {} },

  "verbatim.server.v1.ServerService/GetServer": { may: "*", tenancy: "shared", request: {} },
  "verbatim.server.v1.ServerService/ListDenials": { may: "u", tenancy: "closed", request: {} },
  "verbatim.server.v1.ServerService/ReadDenials": { may: "u", tenancy: "closed", request: {} },

  "grpc.health.v1.Health/Check": { may: "*", tenancy: "shared", request: {} },
  "grpc.health.v1.Health/List": { may: "*", tenancy: "shared", request: {} },
  "grpc.health.v1.Health/Watch": { may: "*", tenancy: "shared", request: {}, endless: true },
  "grpc.reflection.v1.ServerReflection/ServerReflectionInfo": {
    may: "*",
    tenancy: "shared",
    request: { listServices: "" },
  },
  "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": {
    may: "*",
    tenancy: "shared",
    request: { listServices: "" },
  },
};
