import { issueProblems, located, locatedDocument } from "#document";
import type { LocatedDocument, LocatedProblem } from "#document";
import type { Job, JsonObject, Violation } from "#model";
import { Fault, jobViolations } from "#model";
import type { CliHost } from "../host.ts";
import { givenText } from "../given-text.ts";
import { jobFileSchema } from "./schema.ts";
import type { JobFile } from "./schema.ts";

/** Largest job file, in bytes: a request of 1 MiB and room for comments. */
export const JOB_FILE_BYTES = 4 * 1024 * 1024;

const DEFAULT_CONTRACT_ID = "direct";
const DEFAULT_EXECUTED_BY = "cli";

/** What flags say in place of the file. */
export interface JobFlags {
  readonly jobId?: string;
  readonly contractId?: string;
  readonly executedBy?: string;
}

/** A job, and where in its file each of its members stands. */
export interface ReadJob {
  readonly job: Job;
  /** The file, or `stdin`. */
  readonly source: string;
  /** Whether its id was chosen by the caller, so that it may have been accepted before. */
  readonly named: boolean;
  /** The same violations, told by `file:line` where they speak of the file. */
  locate(violations: readonly Violation[]): readonly Violation[];
}

/**
 * Reads a job from a YAML or JSON file, or from standard input for `-`.
 * @throws {Fault} INVALID_REQUEST that lists every problem with its line.
 */
export async function readJob(path: string, flags: JobFlags, host: CliHost): Promise<ReadJob> {
  const { name, document } = await readDocument(path, host);
  const file = checkedFile(name, document);
  const given = flags.jobId ?? file.job_id;
  const job = jobFrom(file, {
    jobId: given ?? host.newJobId(),
    contractId: flags.contractId ?? file.contract_id ?? DEFAULT_CONTRACT_ID,
    executedBy: flags.executedBy ?? file.executed_by ?? host.userName ?? DEFAULT_EXECUTED_BY,
  });
  const flagged = jobViolations(job); // what only a flag can have brought in
  if (flagged.length > 0) throw invalidJob(name, flagged);
  return {
    job,
    source: name,
    named: given !== undefined,
    locate: (violations) => locatedIn(name, document, violations),
  };
}

/** A document with the name by which it is told. */
export interface NamedDocument {
  readonly name: string;
  readonly document: LocatedDocument;
}

/** Reads YAML or JSON from a file, or from standard input for `-`. @throws {Fault} INVALID_REQUEST if it cannot be read. */
export async function readDocument(path: string, host: CliHost): Promise<NamedDocument> {
  const { name, text } = await givenText(path, { what: "job", bytes: JOB_FILE_BYTES }, host);
  return { name, document: locatedDocument(text) };
}

/** What names a job, and who asks for it. */
export type JobNames = Pick<Job, "jobId" | "contractId" | "executedBy">;

/** The job of a file; `rest` is what it leaves open. @throws {Fault} INVALID_REQUEST that lists every problem with its line. */
export function jobOfFile({ name, document }: NamedDocument, rest: JobNames): Job {
  const file = checkedFile(name, document);
  return jobFrom(file, {
    jobId: file.job_id ?? rest.jobId,
    contractId: file.contract_id ?? rest.contractId,
    executedBy: file.executed_by ?? rest.executedBy,
  });
}

function jobFrom(file: JobFile, names: JobNames): Job {
  return {
    ...names,
    steps: file.steps.map((step, position) => ({
      stepIndex: position,
      stepType: step.step_type,
      target: step.target,
      parameters: step.parameters as JsonObject, // read from JSON or YAML, whose values are JSON
      timeoutSeconds: step.timeout_seconds,
    })),
    ...(file.job_timeout_seconds !== undefined && { timeoutSeconds: file.job_timeout_seconds }),
  };
}

/** The fault that lists all that is wrong with a job. */
export function invalidJob(name: string, violations: readonly Violation[]): Fault {
  return new Fault("INVALID_REQUEST", `The job in ${name} is not valid.`, { violations });
}

function checkedFile(name: string, document: LocatedDocument): JobFile {
  if (document.problems.length > 0) throw invalidJob(name, located(name, document.problems));
  const read = jobFileSchema.safeParse(document.value);
  const problems = [
    ...(read.error === undefined ? [] : issueProblems(read.error.issues, document)),
    ...misplaced(document),
  ];
  if (read.data === undefined || problems.length > 0) throw invalidJob(name, located(name, problems));
  return read.data;
}

/** Steps whose index is not their position. Looked for in any file, so that it is told together with all else. */
function misplaced(document: LocatedDocument): readonly LocatedProblem[] {
  const { value } = document;
  const steps: unknown = isObject(value) ? value["steps"] : undefined;
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: unknown, position) => {
    const index = isObject(step) ? step["step_index"] : undefined;
    if (typeof index !== "number" || index === position) return [];
    const text = `is ${index}; it must equal the position in the list, ${position}, or be left out`;
    return [document.problemAt(["steps", position, "step_index"], text)];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function locatedIn(name: string, document: LocatedDocument, violations: readonly Violation[]): readonly Violation[] {
  return violations.map((violation) => {
    if (!/^(?:steps|job_timeout_seconds)(?![^.[])/.test(violation.field)) return violation;
    const line = document.lineOf(violation.field);
    return { field: `${name}:${line}`, description: `${violation.field} ${violation.description}` };
  });
}
