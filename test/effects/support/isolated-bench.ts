import { chmodSync, chownSync } from "node:fs";
import type { CommandRunOptions, IsolationLevel, IsolationOptions, ProcessLimits } from "#effects";
import { DEFAULT_ISOLATION } from "../../../src/effects/step-handlers/command-run/isolation/isolation-options.ts";
import { createBench } from "./bench-of-commands.ts";
import type { Bench } from "./bench-of-commands.ts";

/** Users that no machine has by name: what a test starts as one of them is its own. Each file has others. */
export interface BenchUser {
  readonly uid: number;
  readonly gid: number;
}

/** How a bench isolates what it runs. */
export interface IsolatedBenchOptions extends Partial<CommandRunOptions> {
  readonly level: IsolationLevel;
  /** Default: the level. */
  readonly strongest?: IsolationLevel;
  readonly user: BenchUser;
  readonly limits?: Partial<ProcessLimits>;
  readonly sandbox?: Partial<IsolationOptions["sandbox"]>;
}

/** A bench whose directory belongs to the user as whom its commands run. */
export function createIsolatedBench(options: IsolatedBenchOptions): Bench {
  const { level, strongest = level, user, limits, sandbox, ...rest } = options;
  const bench = createBench({
    isolation: {
      level,
      strongest,
      runAs: user,
      limits: { ...DEFAULT_ISOLATION.limits, ...limits },
      sandbox: { ...DEFAULT_ISOLATION.sandbox, ...sandbox },
    },
    ...rest,
  });
  chownSync(bench.directory, user.uid, user.gid);
  chmodSync(bench.directory, 0o755);
  return bench;
}
