/** What a job of a random plan does: it succeeds; fails its first attempt, and no other; fails always; waits for a word that never comes. */
export type JobKind = "ok" | "flaky" | "bad" | "held";

/** One job of a random plan. */
export interface RandomPlanJob {
  readonly key: string;
  readonly needs: readonly string[];
  readonly kind: JobKind;
  readonly steps: number;
  readonly gate: "hard" | "manual" | undefined;
  readonly continueOnError: boolean;
  readonly recovery: "rerun" | "operator" | "idempotent";
}

/** A random plan: as text, and as what is known of it. */
export interface RandomPlan {
  readonly text: string;
  readonly jobs: readonly RandomPlanJob[];
}

/** What a plan is drawn from. */
export interface RandomPlanOptions {
  readonly random: () => number;
  /** File that every step appends to. */
  readonly effects: string;
  readonly mostJobs: number;
  /** Only jobs that succeed, one way or another, and no gates. */
  readonly mild?: boolean;
  /** Longest pause of a step before its effect. */
  readonly mostSeconds?: number;
}

/** Every line of the effects file has this many bytes, so that none lies across a page, where a kill could cut it. */
export const EFFECT_BYTES = 64;

/** Draws a plan of 1 to `mostJobs` jobs, small ones more often, in which jobs need only jobs before them. */
export function randomPlan(options: RandomPlanOptions): RandomPlan {
  const { random, mostJobs } = options;
  const size = 1 + Math.floor(random() ** 2 * mostJobs);
  const jobs: RandomPlanJob[] = [];
  while (jobs.length < size) jobs.push(randomJob(jobs, options));
  const plan = {
    name: "random",
    max_workers: 1 + Math.floor(random() * 4),
    jobs: Object.fromEntries(jobs.map((job) => [job.key, declared(job, options)])),
  };
  return { text: JSON.stringify(plan), jobs };
}

function randomJob(before: readonly RandomPlanJob[], { random, mild = false }: RandomPlanOptions): RandomPlanJob {
  const chosen = random();
  const harsh: JobKind = chosen < 0.03 ? "bad" : chosen < 0.05 ? "held" : chosen < 0.2 ? "flaky" : "ok";
  const kind = mild && harsh !== "flaky" ? "ok" : harsh;
  const possible = before.filter((job) => job.kind !== "held");
  const needs = new Set<string>();
  for (let left = Math.floor(random() * 4); left > 0 && possible.length > 0; left -= 1)
    needs.add(possible[Math.floor(random() * possible.length)]?.key ?? "");
  const gated = random();
  const gate = gated < 0.05 ? "hard" : gated < 0.1 ? "manual" : undefined;
  const recovered = random();
  return {
    key: `j${before.length}`,
    needs: [...needs],
    kind,
    steps: 1 + Math.floor(random() * 3),
    gate: kind === "held" ? "manual" : mild ? undefined : gate,
    continueOnError: random() < 0.6,
    recovery: recovered < 0.5 ? "rerun" : recovered < 0.75 ? "operator" : "idempotent",
  };
}

/** The last step of an attempt ends as the job's kind says; each appends its idempotency key, whatever it ends with. */
const EFFECT = `sleep "$2"; printf '%-${EFFECT_BYTES - 1}s\\n' "$VERBATIM_IDEMPOTENCY_KEY" >> "$1"`;
const ENDS: Readonly<Record<JobKind, string>> = {
  ok: "exit 0",
  flaky: 'case "$VERBATIM_JOB_ID" in */0) exit 75;; esac',
  bad: "exit 1",
  held: "exit 0",
};

function declared(job: RandomPlanJob, { random, effects, mostSeconds = 0.08 }: RandomPlanOptions): object {
  const steps = Array.from({ length: job.steps }, (_none, at) => {
    const script = `${EFFECT}; ${at === job.steps - 1 ? ENDS[job.kind] : "exit 0"}`;
    return { command: ["sh", "-c", script, "sh", effects, (random() * mostSeconds).toFixed(3)] };
  });
  return {
    needs: job.needs,
    steps,
    recovery: job.recovery,
    continue_on_error: job.continueOnError,
    ...(job.gate !== undefined && { gate: job.gate }),
    retry: {
      max_attempts: 3,
      on: ["unknown"],
      on_exit_codes: [75],
      backoff: { base_seconds: 0.05 + random() * 0.4, max_seconds: 1 },
    },
  };
}

/** What a plan comes to in the end, said without any scheduler. */
export interface ExpectedEnd {
  readonly status: "succeeded" | "failed" | "blocked";
  /** Whether a failure stops the whole run, so that a job beside it may have been left. */
  readonly stops: boolean;
  /** Jobs that cannot run, for something before them fails. */
  readonly lost: ReadonlySet<string>;
}

/** A run that nobody rejects ends so; `blocked` means that it waits at the gate that nobody approves. */
export function expectedEnd(jobs: readonly RandomPlanJob[]): ExpectedEnd {
  const lost = new Set<string>();
  const failing = new Set<string>();
  for (const { key, needs, kind } of jobs) {
    if (needs.some((need) => lost.has(need) || failing.has(need))) lost.add(key);
    else if (kind === "bad") failing.add(key);
  }
  const stops = jobs.some((job) => failing.has(job.key) && (!job.continueOnError || job.gate === "hard"));
  const held = jobs.some(({ key, kind }) => kind === "held" && !lost.has(key));
  const status = stops ? "failed" : held ? "blocked" : failing.size > 0 ? "failed" : "succeeded";
  return { status, stops, lost };
}
