import type { DatabaseSync } from "node:sqlite";
import type { VerbatimClient } from "#api";
import { verifyLines } from "#evidence";
import type { EvidenceRecord } from "#evidence";
import { Fault } from "#model";
import { SECOND } from "./told-contract.ts";
import type { ToldContract } from "./told-contract.ts";

/** What the traces of one contract show. */
export interface JudgedContract {
  readonly capability: string;
  /** The state in which it ended, and the last word of its audit. */
  readonly state: string;
  readonly audit: string;
  readonly rollback: string;
  /** Whether anything stands at its keys now. */
  readonly stands: readonly string[];
  /** Every promise that its traces break, in words. */
  readonly problems: readonly string[];
}

interface Traces {
  readonly client: VerbatimClient;
  /** The platform's own file: what took effect, counted outside. */
  readonly platform: DatabaseSync;
}

interface Log {
  readonly lines: readonly string[];
  readonly records: readonly EvidenceRecord[];
}

/** Holds what a client was told of a contract, what has taken effect, and what the logs say against one another. */
export async function judgeContract(contract: ToldContract, { client, platform }: Traces): Promise<JudgedContract> {
  const { contractId, capability } = contract;
  const log = await contractLog(client, contractId);
  const jobId = `${contractId}.job`;
  const job = await jobLog(client, jobId);
  const stands = standing(platform, capability);
  const problems = [
    ...(await soundness(log, contractId)),
    ...lostWords(contract, log),
    ...twice(log),
    ...(await soundness(job, jobId)),
    ...effects(platform, jobId, job),
    ...unwritten(platform, jobId, job),
    ...foreign(platform, contract),
    ...(await undoingProblems(log, { client, platform })),
  ];
  return {
    capability,
    state: last(log, "contract.transitioned"),
    audit: last(log, "contract.verdict"),
    rollback: last(log, "contract.rollback"),
    stands,
    problems: problems.map((problem) => `${capability}: ${problem}`),
  };
}

/** Of each attempt at undoing that the contract's log tells of: its log is sound, and nothing was done twice. */
async function undoingProblems({ records }: Log, { client, platform }: Traces): Promise<readonly string[]> {
  const told = records.filter(({ event_type: type }) => type === "contract.rollback");
  const attempts = new Set(told.flatMap(({ job_id: jobId }) => (jobId === undefined ? [] : [jobId])));
  const problems: string[] = [];
  for (const jobId of attempts) {
    const log = await jobLog(client, jobId);
    problems.push(...(await soundness(log, jobId)), ...effects(platform, jobId, log));
  }
  return problems;
}

async function contractLog(client: VerbatimClient, contractId: string): Promise<Log> {
  const lines: string[] = [];
  for await (const page of client.contracts.readContractLog({ contractId })) lines.push(...page.lines);
  return logOf(lines);
}

async function jobLog(client: VerbatimClient, runId: string): Promise<Log> {
  const lines: string[] = [];
  try {
    for await (const page of client.evidence.readLog({ runId }))
      for (const { line } of page.lines) lines.push(Buffer.from(line).toString("utf8"));
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "RUN_NOT_FOUND") throw error;
  }
  return logOf(lines);
}

function logOf(lines: readonly string[]): Log {
  return { lines, records: lines.map((line) => JSON.parse(line) as EvidenceRecord) }; // whether they are records is verified
}

async function soundness({ lines }: Log, runId: string): Promise<readonly string[]> {
  if (lines.length === 0) return [`the log ${runId} is not there`];
  const { problems, complete } = await verifyLines(lines, { runId });
  const said = problems.map(({ line, message }) => `${runId}, line ${line}: ${message}`);
  return complete ? said : [...said, `${runId} has no end`];
}

/** Records that somebody was told of, and that are not there or are others. */
function lostWords({ heads, answered }: ToldContract, { records }: Log): readonly string[] {
  const lost = [...heads]
    .filter(([size, head]) => records[size - 1]?.hash !== head)
    .map(([size]) => `record ${size - 1} was told, and is not in the log`);
  const states = new Set(records.map(({ status }) => status));
  const forgotten = answered
    .map((word) => word.split(": ")[1] ?? "")
    .filter((state) => !states.has(state))
    .map((state) => `it was told to be ${state}, and its log does not know it`);
  return [...lost, ...forgotten];
}

/** Words that stand in the log more often than they can have been said. */
function twice({ records }: Log): readonly string[] {
  const words = records
    .filter(({ event_type: type }) => type !== "contract.verdict")
    .map(({ event_type: type, status, job_id: jobId }) => `${type} ${status ?? ""} ${jobId ?? ""}`);
  return words.filter((word, index) => words.indexOf(word) !== index).map((word) => `${word} is recorded twice`);
}

/** Each step has started once, and what it has done stands in the platform's journal at most once; what has succeeded, exactly. */
function effects(platform: DatabaseSync, jobId: string, { records }: Log): readonly string[] {
  const rows = platform
    .prepare("SELECT by, count(*) AS count FROM change WHERE by LIKE ? || '/%' GROUP BY by")
    .all(jobId);
  const made = new Map(rows.map(({ by, count }) => [String(by), Number(count)]));
  const count = (type: string, index: number | undefined): number =>
    records.filter((record) => record.event_type === type && record.step_index === index).length;
  const started = records.filter(({ event_type: type }) => type === "step.started");
  const problems = started.flatMap(({ step_index: index }): readonly string[] => {
    const key = `${jobId}/${index}`;
    const changes = made.get(key) ?? 0;
    made.delete(key);
    if (count("step.started", index) !== 1) return [`${key} was started more than once`];
    return changes > 1 ? [`${key} has taken effect ${changes} times`] : [];
  });
  return [...problems, ...[...made.keys()].map((key) => `${key} has taken effect, and no log has started it`)];
}

/** Steps of the contract's job that have succeeded, and whose change nobody finds. */
function unwritten(platform: DatabaseSync, jobId: string, { records }: Log): readonly string[] {
  return records
    .filter(({ event_type: type }) => type === "step.succeeded")
    .map(({ step_index: index }) => `${jobId}/${index}`)
    .filter((by) => platform.prepare("SELECT 1 FROM change WHERE by = ?").get(by) === undefined)
    .map((by) => `${by} has succeeded, and has changed nothing`);
}

/** Changes at the contract's keys that neither its job has made nor what undoes it. */
function foreign(platform: DatabaseSync, { contractId, capability }: ToldContract): readonly string[] {
  const rows = platform
    .prepare("SELECT key, by FROM change WHERE key IN (?, ?)")
    .all(`capability/${capability}`, `capability/${capability}${SECOND}`);
  return rows
    .filter(({ by }) => !/^\.(job|rollback(-\d+)?)\/\d+$/.test(String(by).replace(contractId, "")))
    .map(({ key, by }) => `${String(key)} was changed by ${String(by)}`);
}

function standing(platform: DatabaseSync, capability: string): readonly string[] {
  const rows = platform
    .prepare("SELECT key, value FROM resource WHERE value IS NOT NULL AND key IN (?, ?) ORDER BY key")
    .all(`capability/${capability}`, `capability/${capability}${SECOND}`);
  return rows.map(({ key, value }) => `${String(key)} ${String(value)}`);
}

function last({ records }: Log, type: string): string {
  return records.findLast(({ event_type: of }) => of === type)?.status ?? "";
}
