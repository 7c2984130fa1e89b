import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StepHandler, StepType } from "#effects";
import { createMemoryStore } from "#evidence";
import type { EvidenceStore, StoredRecord } from "#evidence";
import type { Job, JobStep, JsonObject } from "#model";
import { createJobRunner } from "#orchestration";
import type { JobRunner, JobRunnerOptions } from "#orchestration";
import { eventIds } from "../../evidence/support/event-ids.ts";
import { FakeClock } from "../../evidence/support/fake-clock.ts";
import { stateDirectory } from "../../evidence/support/state-directory.ts";

/** A runner over a store, and steps whose effects are counted outside of it. */
export interface Bench extends AsyncDisposable {
  readonly directory: string;
  readonly clock: FakeClock;
  readonly store: EvidenceStore;
  readonly runner: JobRunner;
  /** The idempotency keys of all steps that took effect, in order, whoever ran them. */
  effects(): readonly string[];
  /** Resolves when this step of type `test.gate` is being performed. */
  entered(idempotencyKey: string): Promise<void>;
  /** Lets such a step end. */
  open(idempotencyKey: string): void;
  /** Another runner over the same steps, as a new process would make it; `store` is the same unless given. */
  another(options?: Partial<JobRunnerOptions>): JobRunner;
}

interface Gate {
  readonly entered: PromiseWithResolvers<void>;
  readonly opened: PromiseWithResolvers<void>;
}

/** Makes a bench over a memory store, or over `options.store`. */
export function createBench(options: Partial<JobRunnerOptions> = {}): Bench {
  const directory = stateDirectory();
  const file = join(directory.path, "effects.txt");
  const clock = new FakeClock();
  const gates = new Map<string, Gate>();
  const gateOf = (key: string): Gate => {
    const gate = gates.get(key) ?? { entered: Promise.withResolvers<void>(), opened: Promise.withResolvers<void>() };
    gates.set(key, gate);
    return gate;
  };
  const store = options.store ?? createMemoryStore({ newEventId: eventIds() });
  const stepTypes = [
    stepType("test.echo", ({ parameters }) => ({ success: true, output: parameters })),
    stepType("test.effect", (_step, { idempotencyKey }) => {
      appendFileSync(file, `${idempotencyKey}\n`);
      return { success: true, output: null };
    }),
    stepType("test.fail", () => ({ success: false, output: null, error: "meant to", errorClass: "permanent" })),
    stepType("test.gate", async (_step, { idempotencyKey }, { signal }) => {
      appendFileSync(file, `${idempotencyKey}\n`);
      const gate = gateOf(idempotencyKey);
      signal.addEventListener("abort", () => gate.opened.resolve());
      gate.entered.resolve();
      await gate.opened.promise;
      return { success: true, output: "opened" };
    }),
    {
      ...stepType("test.checked", () => ({ success: true, output: null })),
      checkParameters: (parameters: JsonObject) =>
        "argv" in parameters
          ? []
          : [
              { field: "argv", description: "is missing; expected a list" },
              { field: "", description: "is empty" },
            ],
    },
  ];
  const another = (others: Partial<JobRunnerOptions> = {}): JobRunner =>
    createJobRunner({ store, clock, stepTypes, maxActiveJobs: 100, ...options, ...others });
  return {
    directory: directory.path,
    clock,
    store,
    runner: another(),
    effects: () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []),
    entered: (key) => gateOf(key).entered.promise,
    open: (key) => gateOf(key).opened.resolve(),
    another,
    async [Symbol.asyncDispose]() {
      for (const gate of gates.values()) gate.opened.resolve();
      await store.close();
      directory[Symbol.dispose]();
    },
  };
}

/** A step type that takes any parameters. */
export function stepType(name: string, execute: StepHandler["execute"]): StepType {
  return { name, handler: { execute }, checkParameters: () => [], parametersSchema: { type: "object" } };
}

/** A job of these step types; `members` replaces what it has. */
export function job(jobId: string, stepTypes: readonly string[], members: Partial<Job> = {}): Job {
  return {
    jobId,
    contractId: "contract-1",
    executedBy: "tester",
    steps: stepTypes.map((name, stepIndex) => step(name, stepIndex)),
    ...members,
  };
}

/** One step; `members` replaces what it has. */
export function step(name: string, stepIndex: number, members: Partial<JobStep> = {}): JobStep {
  return {
    stepIndex,
    stepType: name,
    target: `target-${stepIndex}`,
    parameters: { number: stepIndex },
    timeoutSeconds: 300,
    ...members,
  };
}

/** The types of the records of a log. */
export function typesOf(records: readonly StoredRecord[]): readonly string[] {
  return records.map(({ record }) => record.event_type);
}
