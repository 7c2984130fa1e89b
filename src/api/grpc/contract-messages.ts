import { fromJson, toJson } from "@bufbuild/protobuf";
import type { JsonValue } from "@bufbuild/protobuf";
import type { Value } from "@bufbuild/protobuf/wkt";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { ChangeRequest, ContractState, ProposedChange } from "#governance";
import type { Json } from "#model";
import type { ContractRecord, RecordedVerdict } from "#orchestration";
import { contractPlan, rolloutOf } from "#orchestration";
import type {
  ChangeRequest as RequestMessage,
  Contract as ContractMessage,
  PlannedChange,
  ProposedChange as ChangeMessage,
  Verdict,
} from "../gen/verbatim/governance/v1/governance_pb.ts";
import { ContractState as StateOnWire } from "../gen/verbatim/governance/v1/governance_pb.ts";

/** A contract as it travels. */
export function contractMessage(record: ContractRecord): ContractMessage {
  const { contract, request, verdicts, rollback, submittedAt, size, head } = record;
  return {
    $typeName: "verbatim.governance.v1.Contract",
    contractId: contract.contractId,
    version: BigInt(contract.version),
    state: StateOnWire[contract.state],
    request: requestMessage(request),
    expiresAt: contract.expiresAt,
    reason: contract.reason ?? "",
    planHash: contract.planHash ?? "",
    plan: planMessages(record),
    approvedBy: contract.approvedBy ?? "",
    approvedAt: contract.approvedAt ?? "",
    activationEndsAt: contract.activationEndsAt ?? "",
    jobId: contract.jobId ?? "",
    ...(verdicts.validator !== undefined && { validation: verdictMessage(verdicts.validator) }),
    ...(verdicts.eligibility !== undefined && { eligibility: verdictMessage(verdicts.eligibility) }),
    ...(verdicts.audit !== undefined && { audit: verdictMessage(verdicts.audit) }),
    rollback: rollback?.status ?? "",
    rollout: rolloutOf(record).stage,
    changedAt: contract.changedAt ?? submittedAt,
    changedBy: contract.changedBy ?? contract.submittedBy,
    logSize: BigInt(size),
    logHead: head,
    submittedAt,
  };
}

function verdictMessage({ decision, reason, rulesVersion, verdict, facts }: RecordedVerdict): Verdict {
  return {
    $typeName: "verbatim.governance.v1.Verdict",
    decision,
    reason,
    rulesVersion,
    verdictJson: JSON.stringify(verdict),
    factsJson: JSON.stringify(facts),
  };
}

function planMessages({ contract, request }: ContractRecord): PlannedChange[] {
  return contractPlan(contract.contractId, request).job.steps.map(({ stepType, target, parameters }) => ({
    $typeName: "verbatim.governance.v1.PlannedChange",
    stepType,
    target,
    parametersJson: JSON.stringify(parameters),
  }));
}

function requestMessage(request: ChangeRequest): RequestMessage {
  const { changes, capabilities, ...texts } = request;
  return {
    $typeName: "verbatim.governance.v1.ChangeRequest",
    ...texts,
    changes: changes.map(changeMessage),
    capabilities: [...capabilities],
  };
}

function changeMessage(change: ProposedChange): ChangeMessage {
  const none = { capability: "", key: "", parameter: "" };
  const { value, ...names } = { value: undefined, ...change };
  return {
    $typeName: "verbatim.governance.v1.ProposedChange",
    ...none,
    ...names,
    ...(value !== undefined && { value: fromJson(ValueSchema, value as JsonValue) }),
  };
}

/** What a request says, as governance reads it: what is empty on the wire was not said. */
export function changeRequestOf(message: RequestMessage | undefined): unknown {
  if (message === undefined) return {};
  const { source, reference, submittedBy, title, description, urgency, changes, capabilities } = message;
  return {
    source,
    reference,
    submittedBy,
    title,
    description,
    urgency: urgency === "" ? "normal" : urgency,
    changes: changes.map(changeOf),
    capabilities,
  };
}

function changeOf({ type, capability, key, parameter, value }: ChangeMessage): unknown {
  return {
    type,
    ...(capability !== "" && { capability }),
    ...(key !== "" && { key }),
    ...(parameter !== "" && { parameter }),
    ...(value !== undefined && { value: jsonOfValue(value) }),
  };
}

function jsonOfValue(value: Value): Json | undefined {
  return value.kind.case === undefined ? undefined : toJson(ValueSchema, value);
}

/** The states that a caller has named; those that are none are left out. */
export function statesOf(states: readonly StateOnWire[]): ReadonlySet<ContractState> {
  return new Set(STATES.filter((state) => states.includes(StateOnWire[state])));
}

const STATES = Object.keys(StateOnWire).filter((name) => name !== "UNSPECIFIED") as readonly ContractState[]; // the names on the wire are those of governance
