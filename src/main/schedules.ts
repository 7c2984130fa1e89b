import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { readPlan } from "#api";
import type { ReadPlan } from "#api";
import { Fault } from "#model";
import type { Violation } from "#model";
import type { EvidenceStore } from "#evidence";
import { Scheduler } from "#orchestration";
import type { RunRunner, Schedule, ScheduleNews, SubmittedPlan } from "#orchestration";
import { cronTimes } from "./cron.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import type { ScheduleConfiguration } from "./schedule-configuration.ts";
import { systemClock } from "./system-clock.ts";

/** What schedules are made with. */
export interface ScheduleParts {
  readonly store: EvidenceStore;
  readonly runs: RunRunner;
  readonly log: EventLog;
}

const PLAN_BYTES = 8 * 1024 * 1024;

/** The scheduler of a configuration; it has not been started. */
export function createScheduler(configuration: LoadedConfiguration, { store, runs, log }: ScheduleParts): Scheduler {
  const schedules = configuration.schedules.map((one) => scheduleOf(one, { base: configuration.base, runs }));
  return new Scheduler({ schedules, store, clock: systemClock, onNews: (news) => tell(news, log) });
}

/** @throws {Fault} INVALID_CONFIGURATION that lists all that is wrong with the plans of the schedules, each with file and line. */
export function requireSoundPlans({ schedules, base }: LoadedConfiguration, runs: RunRunner): void {
  const violations = schedules.flatMap((schedule) => (schedule.enabled ? planProblems(schedule, { base, runs }) : []));
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  throw new Fault("INVALID_CONFIGURATION", `The plan of a schedule cannot be run:${list}`, { violations });
}

interface Place {
  readonly base: string;
  readonly runs: RunRunner;
}

function planProblems(schedule: ScheduleConfiguration, { base, runs }: Place): readonly Violation[] {
  try {
    const { read, submitted } = planOf(schedule, base);
    return read.locate(runs.validate(submitted).violations);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return error.violations.length > 0 ? error.violations : [unreadable(schedule, error.message)];
  }
}

function scheduleOf(configured: ScheduleConfiguration, { base, runs }: Place): Schedule {
  const { name, plan, cron, time_zone: timeZone, overlap, enabled } = configured;
  const times = cronTimes(cron, timeZone);
  return {
    name,
    plan: resolve(base, plan),
    cron,
    timeZone,
    overlap,
    enabled,
    next: (afterMs) => ("problem" in times ? undefined : times.next(afterMs)),
    async start(options) {
      const { read, submitted } = planOf(configured, base);
      try {
        return await runs.create(submitted, options);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        throw new Fault(error.code, error.message, { violations: read.locate(error.violations), cause: error });
      }
    },
  };
}

/** The plan as it is now. @throws {Fault} INVALID_REQUEST if it cannot be read, or its form is not valid. */
function planOf(
  { plan, environment }: ScheduleConfiguration,
  base: string,
): { readonly read: ReadPlan; readonly submitted: SubmittedPlan } {
  const file = resolve(base, plan);
  const read = readPlan(textOf(file), file);
  const surroundings = { inherited: {}, overrides: environment, baseDirectory: base };
  return { read, submitted: { declaration: read.declaration, surroundings } };
}

function textOf(file: string): string {
  try {
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > PLAN_BYTES)
      throw new Fault("INVALID_REQUEST", `${file} is no file of at most ${PLAN_BYTES} bytes`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Fault) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new Fault("INVALID_REQUEST", `${file} cannot be read: ${said}`, { cause: error });
  }
}

function unreadable({ name }: ScheduleConfiguration, description: string): Violation {
  return { field: `schedules.${name}.plan`, description };
}

function tell({ kind, ...facts }: ScheduleNews, log: EventLog): void {
  log(`schedule.${kind}`, facts);
}
