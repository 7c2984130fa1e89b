import { createMemoryStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { JobExecutor } from "#executor";
import { createRunRunner, HandedJobs, Machine } from "#orchestration";
import type { RunRunner } from "#orchestration";
import { performHandedJob } from "../../../../src/worker/perform-handed-job.ts";
import { eagerClock } from "../../run/support/run-bench.ts";
import type { Script } from "../../run/support/run-bench.ts";
import { stepType } from "../../support/bench.ts";
import { boundMethods } from "../../support/bound-methods.ts";

/** A driver over a store in memory, at which a worker performs at once whatever is handed over. */
export interface MemoryWithWorkers {
  readonly store: EvidenceStore;
  readonly handed: HandedJobs;
  readonly runs: RunRunner;
  /** `job id/step` of each step that was performed here, in order. */
  readonly effects: readonly string[];
}

/** Makes it, over `memory`, which may hold what another one has left. */
export function memoryWithWorkers(script: (idempotencyKey: string) => Script, memory = newMemory()): MemoryWithWorkers {
  const clock = eagerClock();
  const effects: string[] = [];
  const act = stepType("test.act", (_step, { idempotencyKey }) => {
    effects.push(idempotencyKey);
    const said = script(idempotencyKey);
    if (said === "ok") return { success: true, output: { did: idempotencyKey } };
    return { success: false, output: { exit_code: 3 }, error: `scripted ${said}`, errorClass: said as never }; // the machine takes those that it knows
  });
  const executor = new JobExecutor([[act.name, act.handler]]);
  const performed = async (logId: string): Promise<void> => {
    const head = await memory.head(logId);
    if (head === undefined) throw new Error("nothing was opened");
    const { signal } = new AbortController();
    const onJob = (): void => undefined;
    await performHandedJob(head, { store: memory, executor, clock, worker: "worker-1", signal, onJob });
  };
  const store: EvidenceStore = {
    ...boundMethods(memory),
    get halted() {
      return memory.halted;
    },
    handOver: async (logId) => void performed(logId),
  };
  const onProblem = (_logId: string, error: unknown): never => {
    throw error;
  };
  const handed = new HandedJobs({ store, clock, handsOver: true, onProblem });
  const runs = createRunRunner({
    store,
    clock,
    handed,
    machine: new Machine({ store, stepTypes: [act] }),
    newRunId: () => "run-1",
    chance: () => 0.5,
    drivesOn: true,
  });
  return { store, handed, runs, effects };
}

/** A store in memory. */
export function newMemory(): EvidenceStore {
  let ids = 0;
  return createMemoryStore({ newEventId: () => `event-${(ids += 1)}` });
}
