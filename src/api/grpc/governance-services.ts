import type { EvidenceStore } from "#evidence";
import type { AuditVerdict, RolloutStage } from "#governance";
import type { Violation } from "#model";
import { Fault, LIMITS } from "#model";
import type { ContractKeeper, ContractRecord } from "#orchestration";
import { explained } from "#orchestration";
import type { GetAuditResponse } from "../gen/verbatim/governance/v1/governance_pb.ts";
import {
  AuditService,
  ContractService,
  ReviewDecision,
  ReviewService,
  RolloutService,
} from "../gen/verbatim/governance/v1/governance_pb.ts";
import { idViolations, refuseIfAny, sequenceNumber, textViolations } from "./checks.ts";
import { changeRequestOf, contractMessage, statesOf } from "./contract-messages.ts";
import { BATCH_CHARACTERS, batches } from "./event-messages.ts";
import { pageToken, placeOfToken, tokenViolations } from "./page-token.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";

const DEFAULT_PAGE = 20;
const LARGEST_PAGE = 100;
const DEFAULT_EXPIRY_HOURS = 72;
const LINES_PER_READ = 256;
const REASON_CHARACTERS = 1024;

/** What the services speak for. */
export interface GovernanceServicesOptions {
  /** The keeper and the logs of contracts. Absent = the server has no platform, so there is nothing that one could change. */
  readonly contracts?: { readonly keeper: ContractKeeper; readonly store: EvidenceStore } | undefined;
}

/** The services of `verbatim.governance.v1`: words to commands, records to messages. They decide nothing. */
export function governanceServices({ contracts }: GovernanceServicesOptions): readonly MountedService[] {
  const keeper = (): ContractKeeper => contracts?.keeper ?? absent();
  return [
    contractService(keeper, () => contracts?.store ?? absent()),
    reviewService(keeper),
    auditService(keeper),
    rolloutService(keeper),
  ];
}

function absent(): never {
  const text =
    "This server has no `platform` in its configuration, so there are no capabilities and no contracts here.";
  throw new Fault("NOT_CONFIGURED", text);
}

function contractService(keeper: () => ContractKeeper, logs: () => EvidenceStore): MountedService {
  return mount(
    ContractService,
    {
      async submitRequest({ request, expiresInHours }) {
        const hours = expiresInHours === 0 ? DEFAULT_EXPIRY_HOURS : expiresInHours;
        const { record, attached } = await keeper().submit(changeRequestOf(request), hours);
        const contract = contractMessage(record);
        return { $typeName: "verbatim.governance.v1.SubmitRequestResponse", contract, attached };
      },

      async getContract({ contractId }) {
        refuseIfAny(idViolations("contract_id", contractId));
        const contract = contractMessage(await keeper().get(contractId));
        return { $typeName: "verbatim.governance.v1.GetContractResponse", contract };
      },

      async listContracts({ states, pageSize, pageToken: token }) {
        refuseIfAny(tokenViolations(token));
        const before = placeOfToken(token)?.[0];
        const asked = { limit: pageOf(pageSize), states: statesOf(states), ...(before !== undefined && { before }) };
        const { contracts, next } = await keeper().list(asked);
        return {
          $typeName: "verbatim.governance.v1.ListContractsResponse",
          contracts: contracts.map(contractMessage),
          nextPageToken: next === undefined ? "" : pageToken(next, ""),
        };
      },

      async explainContract({ contractId }) {
        refuseIfAny(idViolations("contract_id", contractId));
        const { rules, ...rest } = explained(await keeper().get(contractId));
        return {
          $typeName: "verbatim.governance.v1.ExplainContractResponse",
          ...rest,
          rules: rules.map((rule) => ({ $typeName: "verbatim.governance.v1.RuleOutcome", ...rule })),
        };
      },

      async activateContract({ contractId, actor, expectedVersion }) {
        refuseIfAny([...idViolations("contract_id", contractId), ...actorViolations(actor)]);
        const word = { contractId, actor, ...versionOf(expectedVersion) };
        const contract = contractMessage(await keeper().activate(word));
        return { $typeName: "verbatim.governance.v1.ActivateContractResponse", contract };
      },

      async cancelContract({ contractId, actor, reason, expectedVersion }) {
        refuseIfAny([
          ...idViolations("contract_id", contractId),
          ...actorViolations(actor),
          ...reasonViolations("reason", reason),
        ]);
        const word = { contractId, actor, reason, ...versionOf(expectedVersion) };
        const contract = contractMessage(await keeper().cancel(word));
        return { $typeName: "verbatim.governance.v1.CancelContractResponse", contract };
      },

      async *readContractLog({ contractId, afterSeq }, { signal }) {
        refuseIfAny(idViolations("contract_id", contractId));
        await keeper().get(contractId);
        for (let seq = sequenceNumber(afterSeq); !signal.aborted;) {
          const records = await logs().read(contractId, seq, LINES_PER_READ);
          if (records.length === 0) return;
          for (const batch of batches(records, BATCH_CHARACTERS))
            yield {
              $typeName: "verbatim.governance.v1.ReadContractLogResponse",
              lines: batch.map(({ line }) => line),
            };
          seq += records.length;
        }
      },
    },
    { submitRequest: LIMITS.requestBytes },
  );
}

function reviewService(keeper: () => ContractKeeper): MountedService {
  return mount(ReviewService, {
    async listReviewQueue({ pageSize }) {
      const contracts = (await keeper().queue(pageOf(pageSize))).map(contractMessage);
      return { $typeName: "verbatim.governance.v1.ListReviewQueueResponse", contracts };
    },

    async reviewContract({ contractId, expectedVersion, decision, actor, comment, activationWindowHours, planHash }) {
      const approves = decision === ReviewDecision.APPROVE;
      refuseIfAny([
        ...idViolations("contract_id", contractId),
        ...actorViolations(actor),
        ...(decision === ReviewDecision.UNSPECIFIED
          ? [{ field: "decision", description: "is not said; approve or reject" }]
          : []),
        ...(expectedVersion === 0n
          ? [{ field: "expected_version", description: "is 0; name the version that was looked at" }]
          : []),
        ...(approves ? lengthViolations("comment", comment) : reasonViolations("comment", comment)),
      ]);
      const reviewed = await keeper().review({
        contractId,
        actor,
        comment,
        planHash,
        expectedVersion: Number(expectedVersion),
        decision: approves ? "approve" : "reject",
        ...(activationWindowHours !== 0 && { activationWindowHours }),
      });
      return { $typeName: "verbatim.governance.v1.ReviewContractResponse", contract: contractMessage(reviewed) };
    },
  });
}

function auditService(keeper: () => ContractKeeper): MountedService {
  return mount(AuditService, {
    async getAudit({ contractId }) {
      refuseIfAny(idViolations("contract_id", contractId));
      return auditMessage(await keeper().get(contractId));
    },

    async resolveAudit({ contractId, expectedVersion, actor, pass, reason }) {
      refuseIfAny([
        ...idViolations("contract_id", contractId),
        ...actorViolations(actor),
        ...reasonViolations("reason", reason),
      ]);
      const word = { contractId, actor, pass, reason, ...versionOf(expectedVersion) };
      const contract = contractMessage(await keeper().resolveAudit(word));
      return { $typeName: "verbatim.governance.v1.ResolveAuditResponse", contract };
    },
  });
}

function rolloutService(keeper: () => ContractKeeper): MountedService {
  return mount(RolloutService, {
    async getRollout({ contractId }) {
      refuseIfAny(idViolations("contract_id", contractId));
      return { $typeName: "verbatim.governance.v1.GetRolloutResponse", ...(await keeper().rollout(contractId)) };
    },

    async advanceRollout({ contractId, actor, to }) {
      refuseIfAny([...idViolations("contract_id", contractId), ...actorViolations(actor)]);
      await keeper().advanceRollout({ contractId, actor, to: to as RolloutStage }); // governance believes nothing of it
      return { $typeName: "verbatim.governance.v1.AdvanceRolloutResponse", ...(await keeper().rollout(contractId)) };
    },
  });
}

function auditMessage({ foundAudit, verdicts }: ContractRecord): GetAuditResponse {
  const found = foundAudit?.verdict as unknown as AuditVerdict | undefined; // written by the keeper
  const last = verdicts.audit;
  const isResolved = last !== undefined && last !== foundAudit;
  return {
    $typeName: "verbatim.governance.v1.GetAuditResponse",
    jobId: found?.jobId ?? "",
    checks: (found?.checks ?? []).map((check) => ({ $typeName: "verbatim.governance.v1.AuditCheck", ...check })),
    verdict: found?.verdict ?? "",
    resolution: isResolved ? last.decision : "",
    resolvedBy: isResolved ? last.by : "",
    factsJson: foundAudit === undefined ? "" : JSON.stringify(foundAudit.facts),
  };
}

function pageOf(size: number): number {
  return size === 0 ? DEFAULT_PAGE : Math.min(size, LARGEST_PAGE);
}

/** 0 on the wire: whichever version it is. */
function versionOf(version: bigint): { expectedVersion?: number } {
  return version === 0n ? {} : { expectedVersion: Number(version) };
}

function actorViolations(actor: string): readonly Violation[] {
  return textViolations("actor", actor, LIMITS.idCharacters);
}

function reasonViolations(field: string, reason: string): readonly Violation[] {
  return textViolations(field, reason, REASON_CHARACTERS);
}

function lengthViolations(field: string, text: string): readonly Violation[] {
  return text === "" ? [] : reasonViolations(field, text);
}
