import { canonicalJson, digest, isBlobReference, verifyLines } from "#evidence";
import type { EvidenceRecord, EvidenceStore, StoredRecord } from "#evidence";
import type { ApprovedWork, AuditFacts, AuditSignal, JournalEntry, LoggedStep, LoggedWork } from "#governance";
import type { HealthView, JobStep, Json, Platform, PlatformChange } from "#model";
import { assert, SYSTEM_CAPABILITY, SYSTEM_SCOPE } from "#model";
import type { ContractPlan } from "./contract-job.ts";
import { contractPlan } from "./contract-job.ts";
import type { ContractRecord } from "./contract-state.ts";
import { worstHealth } from "./eligibility-facts.ts";
import { changesSince } from "./journal.ts";

/** Where an audit looks. */
export interface AuditSources {
  readonly runStore: EvidenceStore;
  readonly platform: Platform;
  readonly health: HealthView;
}

const PAGE = 256;
const STEP = /^(.+)\/(\d+)$/;
const ENDS: Readonly<Record<string, LoggedStep["status"]>> = {
  "step.succeeded": "succeeded",
  "step.failed": "failed",
  "step.in_doubt": "in_doubt",
};

/**
 * Everything that the audit of a contract's job rests on: the log, whose chain is verified, the platform's own journal, and
 * health. Nothing of it is the handler's word.
 */
export async function auditFacts(record: ContractRecord, sources: AuditSources): Promise<AuditFacts> {
  const { contract, request, baseline } = record;
  assert(baseline !== undefined, "an active contract has its baseline");
  const { runStore, platform, health } = sources;
  const plan = contractPlan(contract.contractId, request);
  const lines = await wholeLog(runStore, plan.job.jobId);
  const log = await loggedWork(lines, { jobId: plan.job.jobId, planHash: contract.planHash ?? "", store: runStore });
  const changes = [...changesSince(platform, baseline.journalHead)];
  const journal = await Promise.all(changes.map((change) => journalEntry(change, sources)));
  return {
    approved: approvedWork(record, plan),
    log,
    healthBefore: baseline.health,
    healthAfter: await worstHealth(health, request.capabilities),
    signals: signalsSince(health, baseline.at),
    journal,
    standing: plan.scope.map((key) => ({ key, value: platform.value(key) ?? null })),
  };
}

function approvedWork({ contract }: ContractRecord, { job, scope }: ContractPlan): ApprovedWork {
  return {
    contractId: contract.contractId,
    jobId: contract.jobId ?? "",
    steps: job.steps.map((step) => ({
      stepIndex: step.stepIndex,
      stepType: step.stepType,
      target: step.target,
      inputsHash: digest(canonicalJson(step.parameters)),
      after: approvedValue(step),
    })),
    scope,
    activatedAt: contract.changedAt ?? "",
    activationEndsAt: contract.activationEndsAt ?? "",
  };
}

/** What has to stand at a step's key behind it: of capabilities their state, of all others the value. */
function approvedValue({ stepType, parameters }: JobStep): Json {
  if (stepType === "capability_enable") return "enabled";
  if (stepType === "capability_disable") return "disabled";
  return parameters["value"] ?? null;
}

interface Expected {
  readonly jobId: string;
  readonly planHash: string;
  readonly store: EvidenceStore;
}

async function loggedWork(lines: readonly StoredRecord[], { jobId, planHash, store }: Expected): Promise<LoggedWork> {
  if (lines.length === 0) return { chain: "unreadable" };
  const report = await verifyLines(
    lines.map(({ line }) => line),
    { runId: jobId, planHash },
  );
  const records = lines.map(({ record }) => record);
  const created = records.find((record) => record.event_type === "run.created");
  const inputs = await declaredInputs(created, store);
  const ended = records.findLast(
    (record) => record.event_type === "job.succeeded" || record.event_type === "job.failed",
  );
  return {
    chain: report.ok ? "whole" : "broken",
    ended: report.complete,
    steps: loggedSteps(records, inputs),
    ...(created?.job_id !== undefined && { jobId: created.job_id }),
    ...(created?.contract_id !== undefined && { contractId: created.contract_id }),
    ...(ended?.status !== undefined && { finalStatus: ended.status }),
    ...(created !== undefined && { startedAt: created.timestamp_utc }),
    ...(ended !== undefined && { endedAt: ended.timestamp_utc }),
  };
}

/** The hashes of the steps' parameters, as the log's plan declares them: by that plan's hash the log says which job ran. */
async function declaredInputs(created: EvidenceRecord | undefined, store: EvidenceStore): Promise<readonly string[]> {
  if (created?.plan === undefined || created.plan_hash === undefined) return [];
  const kept = isBlobReference(created.plan) ? await store.getBlob(created.plan.$blob) : undefined;
  const text = kept === undefined ? canonicalJson(created.plan) : Buffer.from(kept).toString("utf8");
  if (digest(text) !== created.plan_hash) return [];
  const { steps } = JSON.parse(text) as { readonly steps: readonly { readonly inputs_hash: string }[] }; // a plan document, by its hash
  return steps.map(({ inputs_hash: hash }) => hash);
}

function loggedSteps(records: readonly EvidenceRecord[], inputs: readonly string[]): readonly LoggedStep[] {
  return records.flatMap((start): readonly LoggedStep[] => {
    if (start.event_type !== "step.started" || start.step_index === undefined) return [];
    const end = records.find(({ event_type: type, step_index: index }) => type in ENDS && index === start.step_index);
    return [
      {
        stepIndex: start.step_index,
        stepType: start.step_type ?? "",
        target: start.target ?? "",
        status: ENDS[end?.event_type ?? ""] ?? "in_doubt",
        inputsHash: inputs[start.step_index] ?? "",
        startedAt: start.timestamp_utc,
        ...(end !== undefined && end.event_type !== "step.in_doubt" && { endedAt: end.timestamp_utc }),
      },
    ];
  });
}

/**
 * Another job may change the platform meanwhile. It is believed if that job's own log has started that very step on that very
 * key; a person is believed because nothing but the server's own calls can name one.
 */
async function journalEntry(change: PlatformChange, { runStore }: AuditSources): Promise<JournalEntry> {
  const { seq, key, before, after, by, at } = change;
  return { seq, key, before, after, by, at, authorised: await isAuthorised(key, by, runStore) };
}

async function isAuthorised(key: string, by: string | null, store: EvidenceStore): Promise<boolean> {
  if (by === null) return false;
  if (by.startsWith("person:")) return true;
  const [, jobId = "", index = ""] = STEP.exec(by) ?? [];
  const records = jobId === "" ? [] : await wholeLog(store, jobId);
  return records.some(
    ({ record }) =>
      record.event_type === "step.started" && record.step_index === Number(index) && record.target === key,
  );
}

function signalsSince(health: HealthView, at: string): readonly AuditSignal[] {
  return health
    .history(at)
    .filter(({ since, until }) => since >= at || (until !== null && until >= at))
    .flatMap(({ source, scope, status, since, until }): readonly AuditSignal[] => {
      const said = { source, scope: scope === SYSTEM_SCOPE ? SYSTEM_CAPABILITY : scope };
      const raised = since >= at ? [{ ...said, status }] : [];
      return until !== null && until >= at ? [...raised, { ...said, status: "HEALTHY" }] : raised;
    });
}

async function wholeLog(store: EvidenceStore, jobId: string): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (;;) {
    const page = await store.read(jobId, records.length - 1, PAGE);
    if (page.length === 0) return records;
    records.push(...page);
  }
}
