import { createHash } from "node:crypto";
import { verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";

/** A line as anybody reads it who knows nothing but the format. */
export interface Line {
  readonly event_type: string;
  readonly actor: string;
  readonly timestamp_utc: string;
  readonly status?: string;
  readonly job_id?: string;
  readonly plan_hash?: string;
  readonly plan?: unknown;
  readonly step_index?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** One log: its id, and its lines. */
export interface Told {
  readonly id: string;
  readonly lines: readonly Line[];
  /** What `verify` finds. */
  readonly problems: readonly string[];
}

/** Every log of a store. */
export async function allLogs(store: EvidenceStore): Promise<readonly Told[]> {
  const logs: Told[] = [];
  for (const { runId } of await store.runs({ limit: 1000 })) {
    const texts = (await store.read(runId, -1, 1000)).map(({ line }) => line);
    const { problems } = await verifyLines(texts, { runId });
    const lines = texts.map((text) => JSON.parse(text) as Line); // the form is verified
    logs.push({ id: runId, lines, problems: problems.map(({ message }) => `${runId}: ${message}`) });
  }
  return logs;
}

const TERMINAL: ReadonlySet<unknown> = new Set(["COMPLETED", "FAILED", "REJECTED", "EXPIRED"]);

/** What the authority chain promises, read from the logs alone; everything that does not hold, in words. */
export function brokenPromises(contracts: readonly Told[], jobs: readonly Told[]): readonly string[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return [
    ...[...contracts, ...jobs].flatMap(({ problems }) => problems),
    ...contracts.flatMap((contract) => contractProblems(contract, byId)),
    ...jobs.flatMap((job) => jobProblems(job, contracts)),
  ];
}

function contractProblems({ id, lines }: Told, jobs: ReadonlyMap<string, Told>): readonly string[] {
  const ends = lines.filter((line) => isTransition(line) && TERMINAL.has(line.status));
  const [approval, active] = ["APPROVED", "ACTIVE"].map((state) =>
    lines.find((line) => isTransition(line) && line.status === state),
  );
  const problems = holding({
    "it has ended more than once": ends.length <= 1,
    "it was activated outside its window": active === undefined || isWithin(approval, active),
  });
  const completed = ends.find(({ status }) => status === "COMPLETED");
  if (completed !== undefined) problems.push(...unjustified(lines.slice(0, lines.indexOf(completed)), jobs));
  return problems.map((problem) => `${id}: ${problem}`);
}

/** Why a contract may not have been completed after these lines. */
function unjustified(lines: readonly Line[], jobs: ReadonlyMap<string, Told>): readonly string[] {
  const [submitted] = lines;
  const verdictOf = (decider: string) => lines.findLast(({ data }) => data?.["decider"] === decider);
  const approval = lines.find((line) => isTransition(line) && line.status === "APPROVED");
  const active = lines.find((line) => isTransition(line) && line.status === "ACTIVE");
  const audits = lines.filter(({ data }) => data?.["decider"] === "audit");
  const audit = audits.at(-1);
  const job = jobs.get(active?.job_id ?? "");
  const submitters = new Set([submitted?.actor, memberOf(submitted?.data?.["request"], "submittedBy")].map(person));
  const made = audit?.data?.["verdict"];
  return holding({
    "no MAY stands in it": verdictOf("eligibility")?.status === "MAY",
    "nobody has approved it": person(approval?.actor) !== "",
    "whoever has asked has approved it": !submitters.has(person(approval?.actor)),
    "no job was named": active?.job_id !== undefined,
    "its job has no log": job !== undefined,
    "another plan was executed than the approved one": planHash(job) === approval?.plan_hash,
    "its job has not succeeded": job?.lines.some(({ event_type: type }) => type === "job.succeeded") === true,
    "the last audit does not pass that job": audit?.status === "PASS" && audit.job_id === active?.job_id,
    "the audit's own verdict is another": memberOf(made, "verdict") === "PASS" && memberOf(made, "jobId") === job?.id,
    "a person has turned a FAIL": !lines.some(({ data, status }) => data?.["decider"] === "audit" && status === "FAIL"),
    "whoever has asked has resolved its audit": audits.length === 1 || !submitters.has(person(audit?.actor)),
  });
}

function jobProblems({ id, lines }: Told, contracts: readonly Told[]): readonly string[] {
  const contract = contracts.find((one) => id.startsWith(`${one.id}.`));
  const count = (type: string, index?: number) =>
    lines.filter((line) => line.event_type === type && (index === undefined || line.step_index === index)).length;
  const started = new Set(lines.flatMap(({ step_index: index }) => (index === undefined ? [] : [index])));
  const approval = contract?.lines.find((line) => isTransition(line) && line.status === "APPROVED");
  const isOwn = id === `${contract?.id}.job`;
  return holding({
    "no contract has asked for it": contract !== undefined,
    "its contract was never active": contract?.lines.some((line) => line.status === "ACTIVE") === true,
    "it is not what was approved": !isOwn || planHash({ lines }) === approval?.plan_hash,
    "nobody has failed its audit": isOwn || contract?.lines.some(isFailedAudit) === true,
    "it was accepted more than once": count("run.created") === 1,
    "it has ended more than once": count("job.succeeded") + count("job.failed") <= 1,
    "a step was started more than once": [...started].every((index) => count("step.started", index) <= 1),
  }).map((problem) => `${id}: ${problem}`);
}

/** The hash of the plan that a job's log declares, made anew from the plan. */
function planHash(job: Pick<Told, "lines"> | undefined): string | undefined {
  const plan = job?.lines[0]?.plan;
  return plan === undefined ? undefined : createHash("sha256").update(canonical(plan)).digest("base64url");
}

/** JSON with sorted members, as RFC 8785 has it for the texts and whole numbers of a plan. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, of]) => `${JSON.stringify(name)}:${canonical(of)}`).join(",")}}`;
}

function isTransition({ event_type: type }: Line): boolean {
  return type === "contract.transitioned";
}

function isFailedAudit({ data, status }: Line): boolean {
  return data?.["decider"] === "audit" && status === "FAIL";
}

function isWithin(approval: Line | undefined, active: Line): boolean {
  const [from, to, at] = [approval?.timestamp_utc, approval?.data?.["activation_ends_at"], active.timestamp_utc];
  return Date.parse(from ?? "") <= Date.parse(at) && Date.parse(at) < Date.parse(String(to));
}

function person(name: unknown): string {
  return typeof name === "string" ? name.normalize("NFKC").trim().toLowerCase() : "";
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** The words of what does not hold. */
function holding(promises: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(promises).flatMap(([broken, holds]) => (holds ? [] : [broken]));
}
