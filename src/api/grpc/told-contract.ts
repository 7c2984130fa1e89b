import { toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { Json } from "#model";
import type { Contract, ProposedChange, Verdict } from "../gen/verbatim/governance/v1/governance_pb.ts";
import { ContractState } from "../gen/verbatim/governance/v1/governance_pb.ts";

/** The states of a contract, as they are told. */
export type ToldContractState = Exclude<keyof typeof ContractState, "UNSPECIFIED">;

/** What a decider said. */
export interface ToldVerdict {
  readonly decision: string;
  readonly reason: string;
  readonly rulesVersion: string;
}

/** A contract as a client is told it. */
export interface ToldContract {
  readonly contractId: string;
  readonly version: number;
  readonly state: ToldContractState;
  readonly source: string;
  readonly reference: string;
  readonly submittedBy: string;
  readonly submittedAt: string;
  readonly title: string;
  readonly changes: readonly Json[];
  readonly capabilities: readonly string[];
  readonly expiresAt: string;
  readonly reason: string;
  readonly planHash: string;
  readonly plan: readonly { readonly stepType: string; readonly target: string; readonly parameters: Json }[];
  readonly approvedBy: string;
  readonly activationEndsAt: string;
  readonly jobId: string;
  readonly validation?: ToldVerdict;
  readonly eligibility?: ToldVerdict;
  readonly audit?: ToldVerdict;
  readonly rollback: string;
  readonly rollout: string;
  readonly changedAt: string;
  readonly changedBy: string;
  readonly logSize: number;
  readonly logHead: string;
}

/** The names of all states. */
export const CONTRACT_STATE_NAMES = Object.keys(ContractState).filter(
  (name) => name !== "UNSPECIFIED",
) as readonly ToldContractState[]; // the names without the one that is never sent

/** States as they travel. */
export function contractStateNumbers(names: readonly ToldContractState[]): ContractState[] {
  return names.map((name) => ContractState[name]);
}

/** What a message says of a contract. */
export function toldContract(message: Contract | undefined): ToldContract {
  if (message === undefined) throw new Error("the server has told no contract");
  const { request, validation, eligibility, audit, plan } = message;
  return {
    contractId: message.contractId,
    version: Number(message.version),
    state: CONTRACT_STATE_NAMES.find((name) => ContractState[name] === message.state) ?? "DRAFT",
    source: request?.source ?? "",
    reference: request?.reference ?? "",
    submittedBy: request?.submittedBy ?? "",
    submittedAt: message.submittedAt,
    title: request?.title ?? "",
    changes: (request?.changes ?? []).map(toldChange),
    capabilities: request?.capabilities ?? [],
    expiresAt: message.expiresAt,
    reason: message.reason,
    planHash: message.planHash,
    plan: plan.map(({ stepType, target, parametersJson }) => ({
      stepType,
      target,
      parameters: JSON.parse(parametersJson) as Json, // JSON, as the server wrote it
    })),
    approvedBy: message.approvedBy,
    activationEndsAt: message.activationEndsAt,
    jobId: message.jobId,
    ...toldVerdict("validation", validation),
    ...toldVerdict("eligibility", eligibility),
    ...toldVerdict("audit", audit),
    rollback: message.rollback,
    rollout: message.rollout,
    changedAt: message.changedAt,
    changedBy: message.changedBy,
    logSize: Number(message.logSize),
    logHead: message.logHead,
  };
}

function toldVerdict(name: "validation" | "eligibility" | "audit", verdict: Verdict | undefined) {
  if (verdict === undefined) return {};
  const { decision, reason, rulesVersion } = verdict;
  return { [name]: { decision, reason, rulesVersion } };
}

function toldChange({ type, capability, key, parameter, value }: ProposedChange): Json {
  return {
    type,
    ...(capability !== "" && { capability }),
    ...(key !== "" && { key }),
    ...(parameter !== "" && { parameter }),
    ...(value !== undefined && { value: toJson(ValueSchema, value) as Json }), // JSON by its definition
  };
}
