import type { StepType } from "#effects";
import type { Plan, PlannedNotification, PlannedStep, Violation } from "#model";
import { LIMITS } from "#model";
import { notificationStep } from "../notify/notification-step.ts";
import type { StepPlaces } from "./compile-plan.ts";

/** What a plan is held to before any effect. */
export interface PreflightFacts {
  readonly stepTypes: ReadonlyMap<string, StepType>;
  /** Where steps were declared; absent = they are told by their places in the plan. */
  readonly places?: StepPlaces;
}

/** Every problem of a compiled plan that only this installation can tell: step types, parameters, sizes. Has no effect. */
export function preflight(plan: Plan, facts: PreflightFacts): readonly Violation[] {
  const inJobs = plan.jobs.flatMap((job) => [
    ...listProblems(`jobs.${job.key}.steps`, job.steps, facts),
    ...listProblems(`jobs.${job.key}.probe`, job.probe, facts),
    ...listProblems(`jobs.${job.key}.compensate`, job.compensate, facts),
  ]);
  const { notifications = [] } = plan;
  return [...inJobs, ...notifications.flatMap((one, at) => notificationProblems(`notifications[${at}]`, one, facts))];
}

/** A notification is held to what its step type says of the step that will send it, with an empty message. */
function notificationProblems(
  field: string,
  { way }: PlannedNotification,
  { stepTypes }: PreflightFacts,
): readonly Violation[] {
  const step = notificationStep(way, { subject: "-", text: "", body: {} });
  const place = `${field}.${"webhook" in way ? "webhook" : "email"}`;
  const type = stepTypes.get(step.stepType);
  if (type === undefined) return [{ field: place, description: unsent(step, stepTypes) }];
  return type
    .checkParameters(step.parameters)
    .map(({ field: path, description }) => ({ field: path === "" ? place : `${place}.${path}`, description }));
}

function unsent({ stepType }: PlannedStep, known: ReadonlyMap<string, StepType>): string {
  return `is sent by the step type ${stepType}, which is not known here (known: ${namesOf(known)}); take it away, or allow ${stepType} in the server's configuration (key steps)`;
}

function namesOf(known: ReadonlyMap<string, StepType>): string {
  return [...known.keys()].sort().join(", ") || "none";
}

function listProblems(
  field: string,
  steps: readonly PlannedStep[],
  { stepTypes, places }: PreflightFacts,
): readonly Violation[] {
  if (steps.length > LIMITS.stepsPerJob)
    return [{ field, description: `has ${steps.length} steps; at most ${LIMITS.stepsPerJob} are allowed` }];
  return steps.flatMap((step, at) => stepProblems(places?.get(step) ?? `${field}[${at}]`, step, stepTypes));
}

function stepProblems(
  place: string,
  step: PlannedStep,
  stepTypes: ReadonlyMap<string, StepType>,
): readonly Violation[] {
  const type = stepTypes.get(step.stepType);
  if (type === undefined) return [{ field: `${place}.step_type`, description: unknown(step, stepTypes) }];
  return [
    ...sizeProblem(`${place}.parameters`, step),
    ...type.checkParameters(step.parameters).map(({ field: path, description }) => ({
      field: path === "" ? `${place}.parameters` : `${place}.parameters.${path}`,
      description,
    })),
  ];
}

function sizeProblem(field: string, { parameters }: PlannedStep): readonly Violation[] {
  const bytes = Buffer.byteLength(JSON.stringify(parameters));
  if (bytes <= LIMITS.parametersBytesPerStep) return [];
  const description = `has ${bytes} bytes as JSON; at most ${LIMITS.parametersBytesPerStep} are allowed: pass a reference instead`;
  return [{ field, description }];
}

function unknown({ stepType }: PlannedStep, known: ReadonlyMap<string, StepType>): string {
  return `is ${JSON.stringify(stepType)}, which is not known here (known: ${namesOf(known)}); correct it, or allow it in the server's configuration (key steps)`;
}
