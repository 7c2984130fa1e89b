import type { Role } from "../../identity/roles.ts";
import { ROLES } from "../../identity/roles.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { EvidenceService } from "../../gen/verbatim/evidence/v1/evidence_pb.ts";
import { JobExecutorService } from "../../gen/verbatim/executor/v1/executor_pb.ts";
import {
  AuditService,
  ContractService,
  ReviewService,
  RolloutService,
} from "../../gen/verbatim/governance/v1/governance_pb.ts";
import { PlatformHealthService } from "../../gen/verbatim/health/v1/health_pb.ts";
import { HookService } from "../../gen/verbatim/hooks/v1/hooks_pb.ts";
import { RunService } from "../../gen/verbatim/orchestration/v1/run_pb.ts";
import { PlatformService } from "../../gen/verbatim/platform/v1/platform_pb.ts";
import { QueueService } from "../../gen/verbatim/queue/v1/queue_pb.ts";
import { ServerService } from "../../gen/verbatim/server/v1/server_pb.ts";
import type { ErasedRule } from "./rule.ts";
import { rulesOf } from "./rule.ts";

const ANYONE = "whoever is known";
const LOOKERS: readonly Role[] = ROLES;
const OVERSEERS: readonly Role[] = ["reader", "operator", "auditor"];

interface OfRun {
  readonly runId: string;
}

const ofRun = { names: "run", id: ({ runId }: OfRun) => runId } as const;
const ofJob = { names: "job", id: ({ jobId }: { readonly jobId: string }) => jobId } as const;
const ofWord = { names: "run", id: ({ word }: { readonly word?: OfRun | undefined }) => word?.runId ?? "" } as const;

type Name = (asked: string) => string;

const actor = (request: { actor: string }, name: Name): void => {
  request.actor = name(request.actor);
};
const actorOfWord = ({ word }: { word?: { actor: string } | undefined }, name: Name): void => {
  if (word !== undefined) word.actor = name(word.actor);
};

const executor = rulesOf(JobExecutorService, {
  executeJob: {
    may: ["submitter"],
    keeps: { makes: "job", made: (job, name) => void (job.jobId = name(job.jobId)) },
    actor: (job, name) => void (job.executedBy = name(job.executedBy)),
  },
  executeJobStream: {
    may: ["submitter"],
    keeps: { makes: "job", made: ({ job }, name) => job && void (job.jobId = name(job.jobId)) },
    actor: ({ job }, name) => job && void (job.executedBy = name(job.executedBy)),
  },
  watchJob: { may: LOOKERS, keeps: { names: "run", id: ({ jobId }) => jobId } }, // the log of the job's run
  getJob: { may: LOOKERS, keeps: ofJob },
  cancelJob: {
    may: ["submitter", "operator"],
    keeps: ofJob,
    actor: (request, name) => void (request.cancelledBy = name(request.cancelledBy)),
  },
  listStepTypes: { may: ANYONE, keeps: "shared" },
});

const runs = rulesOf(RunService, {
  validatePlan: { may: ["submitter", "operator"], keeps: "shared" },
  createRun: {
    may: ["submitter"],
    keeps: { makes: "run", made: (request, name) => void (request.runId = name(request.runId)) },
    actor,
  },
  getRun: { may: LOOKERS, keeps: ofRun },
  getHistory: { may: LOOKERS, keeps: ofRun },
  listRuns: { may: LOOKERS, keeps: "lists" },
  watchRun: { may: LOOKERS, keeps: ofRun },
  resumeRun: { may: ["operator"], keeps: ofRun, actor },
  cancelRun: { may: ["submitter", "operator"], keeps: ofRun, actor },
  markJobSucceeded: { may: ["operator"], keeps: ofWord, actor: actorOfWord },
  approveGate: { may: ["approver"], keeps: ofWord, actor: actorOfWord },
  rejectGate: { may: ["approver"], keeps: ofWord, actor: actorOfWord },
  overrideGate: { may: ["operator"], keeps: ofWord, actor: actorOfWord },
  rollbackRun: { may: ["operator"], keeps: ofRun, actor },
  listSchedules: { may: OVERSEERS, keeps: "closed" },
});

const evidence = rulesOf(EvidenceService, {
  readLog: { may: LOOKERS, keeps: ofRun },
  verifyRun: { may: LOOKERS, keeps: ofRun },
  readBlob: { may: LOOKERS, keeps: ofRun },
  getSeal: { may: LOOKERS, keeps: ofRun },
  getPublicKey: { may: ANYONE, keeps: "shared" },
  listRuns: { may: OVERSEERS, keeps: "lists" },
});

const governance = [
  ...rulesOf(ContractService, {
    submitRequest: {
      may: ["submitter"],
      keeps: "closed",
      actor: ({ request }, name) => request && void (request.submittedBy = name(request.submittedBy)),
    },
    getContract: { may: LOOKERS, keeps: "closed" },
    listContracts: { may: LOOKERS, keeps: "closed" },
    explainContract: { may: LOOKERS, keeps: "closed" },
    activateContract: { may: ["operator"], keeps: "closed", actor },
    cancelContract: { may: ["submitter", "operator"], keeps: "closed", actor },
    readContractLog: { may: LOOKERS, keeps: "closed" },
  }),
  ...rulesOf(ReviewService, {
    listReviewQueue: { may: ["approver", ...OVERSEERS], keeps: "closed" },
    reviewContract: { may: ["approver"], keeps: "closed", actor },
  }),
  ...rulesOf(AuditService, {
    getAudit: { may: LOOKERS, keeps: "closed" },
    resolveAudit: { may: ["auditor"], keeps: "closed", actor },
  }),
  ...rulesOf(RolloutService, {
    getRollout: { may: LOOKERS, keeps: "closed" },
    advanceRollout: { may: ["operator"], keeps: "closed", actor },
  }),
];

const platform = [
  ...rulesOf(PlatformService, {
    listCapabilities: { may: LOOKERS, keeps: "closed" },
    listConfiguration: { may: LOOKERS, keeps: "closed" },
    listChanges: { may: LOOKERS, keeps: "closed" },
  }),
  ...rulesOf(PlatformHealthService, {
    reportSignal: { may: ["operator"], keeps: "closed" },
    withdrawSignal: { may: ["operator"], keeps: "closed" },
    getHealth: { may: LOOKERS, keeps: "closed" },
    listSignals: { may: LOOKERS, keeps: "closed" },
  }),
];

const work = [
  ...rulesOf(HookService, {
    publishChange: { may: ["submitter"], keeps: "closed" },
    listHooks: { may: OVERSEERS, keeps: "closed" },
  }),
  ...rulesOf(QueueService, {
    enqueue: { may: ["submitter"], keeps: "closed" },
    getWork: { may: LOOKERS, keeps: "closed" },
    getStats: { may: OVERSEERS, keeps: "closed" },
    listDeadLetters: { may: OVERSEERS, keeps: "closed" },
    redriveDeadLetters: { may: ["operator"], keeps: "closed" },
    discardDeadLetter: {
      may: ["operator"],
      keeps: "closed",
      actor: (request, name) => void (request.discardedBy = name(request.discardedBy)),
    },
  }),
];

/** Pages of the HTTP side port. They tell of everybody's work. */
const pages: readonly (readonly [string, ErasedRule])[] = [
  ["/metrics", { may: OVERSEERS, keeps: "closed" }],
  ["/_dev/jobs/stats", { may: ["operator"], keeps: "closed" }],
  ["/_dev/jobs/dead", { may: ["operator"], keeps: "closed" }],
];

/** What runs here is for whoever looks for a problem, health for whoever balances load; neither says nothing of anybody's work. The descriptions are those of the public proto files. */
const ofTheServer = [
  ...rulesOf(ServerService, {
    getServer: { may: ANYONE, keeps: "shared" },
    listDenials: { may: ["auditor"], keeps: "closed" },
    readDenials: { may: ["auditor"], keeps: "closed" },
  }),
  ...rulesOf(Health, {
    check: { may: ANYONE, keeps: "shared" },
    list: { may: ANYONE, keeps: "shared" },
    watch: { may: ANYONE, keeps: "shared" },
  }),
  ...rulesOf(ServerReflection, { serverReflectionInfo: { may: ANYONE, keeps: "shared" } }),
  ...rulesOf(ServerReflectionAlpha, { serverReflectionInfo: { may: ANYONE, keeps: "shared" } }),
];

/**
 * Who may call what, by `/package.Service/Method`: what stands in no row is refused to everybody, and a server that serves such a
 * method does not start.
 */
export const AUTHORIZATION: ReadonlyMap<string, ErasedRule> = new Map([
  ...executor,
  ...runs,
  ...evidence,
  ...governance,
  ...platform,
  ...work,
  ...ofTheServer,
  ...pages,
]);
