import type { JobDeclaration, Plan, PlanDeclaration, PlannedJob, PlannedStep, Violation } from "#model";
import { compileNotifications } from "./compile-notifications.ts";
import { compileStep } from "./compile-step.ts";
import type { StepScope } from "./compile-step.ts";
import { jobGraph } from "./graph.ts";
import { Variables } from "./interpolate.ts";
import { retryPolicy } from "./retry-policy.ts";
import type { Tell } from "./tell.ts";

/** Where a plan's variables come from beside the plan, and what it is asked under. */
export interface PlanSurroundings {
  /** Values that the caller's environment has for the names under `inherit_env`. */
  readonly inherited: Readonly<Record<string, string>>;
  /** Values said on the command line: they win over everything. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Absolute directory that relative working directories are relative to; absent = they are the server's to judge. */
  readonly baseDirectory?: string;
}

/** A compiled plan; with any violation it must not run. */
export interface CompiledPlan {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  /** Where each step of the plan was declared. */
  readonly places: StepPlaces;
}

/** The field paths of the declared steps, by the steps that were made of them. */
export type StepPlaces = ReadonlyMap<PlannedStep, string>;

/** The limit on a step that names none, in seconds. */
const STEP_TIMEOUT_SECONDS = 300;
const DEFAULT_CONTRACT = "direct";
const DEFAULT_WORKERS = 4;

/**
 * Resolves everything that a plan leaves to variables and defaults, and looks at how its jobs hang together. Pure, so that the
 * same declaration in the same surroundings is the same plan, byte for byte.
 */
export function compilePlan(declaration: PlanDeclaration, surroundings: PlanSurroundings): CompiledPlan {
  const violations: Violation[] = [];
  const tell: Tell = (field, description) => violations.push({ field, description });
  checkGraph(declaration.jobs, tell);
  const places = new Map<PlannedStep, string>();
  const jobs = declaration.jobs.map((job) => compileJob(job, { declaration, surroundings, places, tell }));
  checkConcurrency(jobs, tell);
  const { notifications: told = [] } = declaration;
  const notifications = compileNotifications(told, { variables: planVariables(declaration, surroundings), tell });
  return {
    plan: {
      name: declaration.name,
      contractId: declaration.contractId ?? DEFAULT_CONTRACT,
      maxWorkers: declaration.maxWorkers ?? DEFAULT_WORKERS,
      jobs,
      ...(notifications.length > 0 && { notifications }),
    },
    violations,
    places,
  };
}

/** The variables of the plan as a whole. */
function planVariables(
  { environment, inheritEnvironment }: PlanDeclaration,
  surroundings: PlanSurroundings,
): Variables {
  return new Variables([pick(surroundings.inherited, inheritEnvironment), environment, surroundings.overrides]);
}

interface CompileScope {
  readonly places: Map<PlannedStep, string>;
  readonly declaration: PlanDeclaration;
  readonly surroundings: PlanSurroundings;
  readonly tell: Tell;
}

function compileJob(job: JobDeclaration, { declaration, surroundings, places, tell }: CompileScope): PlannedJob {
  const field = `jobs.${job.key}`;
  const inherited = pick(surroundings.inherited, declaration.inheritEnvironment);
  const variables = new Variables([inherited, declaration.environment, job.environment, surroundings.overrides]);
  const { values: environment, problems } = variables.all();
  for (const [name, problem] of problems) tell(`${field}.environment.${name}`, problem);
  const scope: Omit<StepScope, "field"> = {
    variables,
    environment,
    allowShell: declaration.allowShell,
    workingDirectory: job.workingDirectory ?? declaration.workingDirectory,
    baseDirectory: surroundings.baseDirectory,
    timeoutSeconds: declaration.defaults.stepTimeoutSeconds ?? STEP_TIMEOUT_SECONDS,
    tell,
  };
  const compiled = (list: "preChecks" | "steps" | "postChecks" | "compensate" | "probe"): readonly PlannedStep[] =>
    job[list].map((step, at) => {
      const place = `${field}.${MEMBERS[list]}[${at}]`;
      const planned = compileStep(step, { ...scope, field: place });
      places.set(planned, place);
      return planned;
    });
  const steps = [
    ...compiled("preChecks"),
    ...compiled("steps"),
    ...compiled("postChecks"),
    ...artifactSteps(job, places),
  ];
  if (job.steps.length === 0) tell(`${field}.steps`, "is empty; give at least one step, or command");
  const recovery = job.recovery ?? declaration.defaults.recovery ?? "operator";
  const probe = compiled("probe");
  if ((recovery === "probe") !== probe.length > 0)
    tell(`${field}.probe`, 'goes together with recovery: probe, and recovery is "' + recovery + '"');
  const compensate = compiled("compensate");
  checkCapabilities(job, { field, used: [...steps, ...compensate, ...probe], tell });
  return {
    key: job.key,
    needs: [...new Set(job.needs)],
    steps,
    ...(job.gate !== undefined && { gate: job.gate }),
    retry: retryPolicy(declaration.defaults.retry, job.retry),
    ...(job.timeoutSeconds !== undefined && { timeoutSeconds: job.timeoutSeconds }),
    continueOnError: job.continueOnError ?? false,
    recovery,
    probe,
    compensate,
    ...(job.concurrency !== undefined && { concurrency: job.concurrency }),
  };
}

const MEMBERS = {
  preChecks: "pre_checks",
  steps: "steps",
  postChecks: "post_checks",
  compensate: "compensate",
  probe: "probe",
} as const;

/** The last step of a job with artifacts: it takes their digests, and fails the job if one is missing. */
function artifactSteps(
  { key, artifacts, workingDirectory }: JobDeclaration,
  places: Map<PlannedStep, string>,
): readonly PlannedStep[] {
  if (artifacts.length === 0) return [];
  const parameters = {
    patterns: artifacts,
    ...(workingDirectory !== undefined && { working_directory: workingDirectory }),
  };
  const target = artifacts.join(" ").slice(0, 200).toWellFormed();
  const step: PlannedStep = { stepType: ARTIFACT_STEP, target, parameters, timeoutSeconds: ARTIFACT_SECONDS };
  places.set(step, `jobs.${key}.artifacts`);
  return [step];
}

const ARTIFACT_SECONDS = 3600;

/** The step type that takes the digests of files. */
export const ARTIFACT_STEP = "artifact.collect";

function checkGraph(jobs: readonly JobDeclaration[], tell: Tell): void {
  if (jobs.length === 0) tell("jobs", "is empty; a plan needs at least one job");
  const keys = new Set(jobs.map(({ key }) => key));
  for (const { key, needs } of jobs) {
    for (const [at, need] of needs.entries()) {
      if (keys.has(need)) continue;
      tell(`jobs.${key}.needs[${at}]`, `names ${JSON.stringify(need)}, and there is no such job${nearest(need, keys)}`);
    }
  }
  const { cycle } = jobGraph(jobs);
  if (cycle !== undefined)
    tell(`jobs.${cycle[0] ?? ""}.needs`, `closes a circle, so that none of them could start: ${cycle.join(" -> ")}`);
}

/** The name that was perhaps meant: one that differs in case, or begins or ends alike. */
function nearest(name: string, keys: ReadonlySet<string>): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  for (const key of keys) {
    const other = key.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
    if (plain.length > 1 && (other === plain || other.startsWith(plain) || plain.startsWith(other)))
      return `; did you mean ${key}?`;
  }
  return "";
}

/** A bound that differs from job to job would be none. */
function checkConcurrency(jobs: readonly PlannedJob[], tell: Tell): void {
  const bounds = new Map<string, number>();
  for (const { key, concurrency } of jobs) {
    if (concurrency === undefined) continue;
    const bound = bounds.get(concurrency.key) ?? concurrency.max;
    bounds.set(concurrency.key, bound);
    if (bound !== concurrency.max)
      tell(
        `jobs.${key}.concurrency.max`,
        `is ${concurrency.max}, and another job with the key ${JSON.stringify(concurrency.key)} says ${bound}; say the same`,
      );
  }
}

function checkCapabilities(
  { capabilities }: JobDeclaration,
  { field, used, tell }: { readonly field: string; readonly used: readonly PlannedStep[]; readonly tell: Tell },
): void {
  if (capabilities === undefined) return;
  const missing = new Set(used.map(({ stepType }) => stepType).filter((type) => !capabilities.includes(type)));
  for (const type of missing)
    tell(`${field}.capabilities`, `has no ${type}, which a step of the job uses; add it, or take the step away`);
}

function pick(values: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));
}
