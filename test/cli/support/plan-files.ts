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
    inherit_env: inherit,
    allow_shell: true,
    max_workers: 2,
    jobs: Object.fromEntries(jobs.map((job) => [job.key, jobOf(job)])),
  });
}

function jobOf({ needs, shell, stepType = "test.echo", gate, attempts, continueOnError, undo }: TestJob): object {
  return {
    ...(needs !== undefined && { needs }),
    ...(shell === undefined ? { steps: [{ step_type: stepType, target: "x" }] } : { command: shell }),
    ...(undo !== undefined && { compensate: [{ command: undo }] }),
    ...(gate !== undefined && { gate }),
    ...(continueOnError !== undefined && { continue_on_error: continueOnError }),
    ...(attempts !== undefined && {
      retry: { max_attempts: attempts, on: ["unknown"], backoff: { base_seconds: 0.01, max_seconds: 0.01 } },
    }),
  };
}
