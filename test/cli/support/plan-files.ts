/** A job of a test's plan. */
export interface TestJob {
  readonly key: string;
  readonly needs?: readonly string[];
  /** A command in a shell; absent = `stepType` is used. */
  readonly shell?: string;
  /** A step type without parameters. */
  readonly stepType?: string;
  readonly gate?: "hard" | "manual";
  readonly attempts?: number;
  readonly continueOnError?: boolean;
  /** A command in a shell that undoes it. */
  readonly undo?: string;
}

/** The text of a plan file: the one place that knows the form of such files. */
export function planText(
  jobs: readonly TestJob[],
  { name = "tested", inherit = [] as readonly string[] } = {},
): string {
  return JSON.stringify({
    name,
    inheritEnvironment: inherit,
    environment: {},
    allowShell: true,
    defaults: {},
    maxWorkers: 2,
    jobs: jobs.map((job) => ({
      key: job.key,
      needs: job.needs ?? [],
      steps: [
        job.shell === undefined ? { stepType: job.stepType ?? "test.echo", target: "x" } : { command: job.shell },
      ],
      preChecks: [],
      postChecks: [],
      compensate: job.undo === undefined ? [] : [{ command: job.undo }],
      probe: [],
      artifacts: [],
      environment: {},
      ...(job.gate !== undefined && { gate: job.gate }),
      ...(job.continueOnError !== undefined && { continueOnError: job.continueOnError }),
      ...(job.attempts !== undefined && {
        retry: { maxAttempts: job.attempts, on: ["unknown"], baseSeconds: 0.01, maxSeconds: 0.01 },
      }),
    })),
  });
}
