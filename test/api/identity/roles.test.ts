import { expect, test } from "vitest";
import { authorizationRows, ROLES } from "#api";

/** What each role may do and not everybody, written a second time: a row that is widened by a slip shows here. */
const POWERS: Readonly<Record<string, readonly string[]>> = {
  submitter: [
    "ExecuteJob",
    "ExecuteJobStream",
    "CancelJob",
    "ValidatePlan",
    "CreateRun",
    "CancelRun",
    "SubmitRequest",
    "CancelContract",
    "PublishChange",
    "Enqueue",
  ],
  approver: ["ApproveGate", "RejectGate", "ListReviewQueue", "ReviewContract"],
  reader: [
    "ListSchedules",
    "EvidenceService/ListRuns",
    "ListReviewQueue",
    "ListHooks",
    "GetStats",
    "ListDeadLetters",
    "/metrics",
  ],
  operator: [
    "CancelJob",
    "ValidatePlan",
    "ResumeRun",
    "CancelRun",
    "MarkJobSucceeded",
    "OverrideGate",
    "RollbackRun",
    "ListSchedules",
    "EvidenceService/ListRuns",
    "ActivateContract",
    "CancelContract",
    "ListReviewQueue",
    "AdvanceRollout",
    "ReportSignal",
    "WithdrawSignal",
    "ListHooks",
    "GetStats",
    "ListDeadLetters",
    "RedriveDeadLetters",
    "DiscardDeadLetter",
    "/metrics",
    "/_dev/jobs/stats",
    "/_dev/jobs/dead",
  ],
  auditor: [
    "ListSchedules",
    "EvidenceService/ListRuns",
    "ListReviewQueue",
    "ResolveAudit",
    "ListHooks",
    "GetStats",
    "ListDeadLetters",
    "ListDenials",
    "ReadDenials",
    "/metrics",
  ],
};

test.each(ROLES)("a role has the powers that are written down, and no other: %s", (role) => {
  const powers = authorizationRows()
    .filter(({ roles }) => roles !== undefined && roles.length < ROLES.length && roles.includes(role))
    .map(({ method }) => {
      if (!method.includes(".")) return method; // a page of the side port
      return method.endsWith("EvidenceService/ListRuns") ? "EvidenceService/ListRuns" : method.split("/")[2];
    });
  expect(powers).toEqual(POWERS[role]);
});

test("whoever is merely known may ask for health, what runs here, step types, the public key and descriptions, and for nothing else", () => {
  const open = authorizationRows().filter(({ roles }) => roles === undefined);
  expect(open.map(({ method }) => method)).toEqual([
    "/verbatim.executor.v1.JobExecutorService/ListStepTypes",
    "/verbatim.evidence.v1.EvidenceService/GetPublicKey",
    "/verbatim.server.v1.ServerService/GetServer",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.health.v1.Health/List",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
  ]);
});

test("every method that records somebody's name has it put there by the credential", () => {
  const recording = authorizationRows().filter(({ records_caller: records }) => records);
  expect(recording.map(({ method }) => method.split("/")[2])).toEqual([
    "ExecuteJob",
    "ExecuteJobStream",
    "CancelJob",
    "CreateRun",
    "ResumeRun",
    "CancelRun",
    "MarkJobSucceeded",
    "ApproveGate",
    "RejectGate",
    "OverrideGate",
    "RollbackRun",
    "SubmitRequest",
    "ActivateContract",
    "CancelContract",
    "ReviewContract",
    "ResolveAudit",
    "AdvanceRollout",
    "DiscardDeadLetter",
  ]);
});
