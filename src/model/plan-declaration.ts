import type { JsonObject } from "./json.ts";
import type { Concurrency, Gate, NotificationCause, Recovery, RetryPolicy } from "./plan.ts";

/** A step as a plan file declares it: a step type with parameters, or a command in the words of a shell user. */
export interface StepDeclaration {
  readonly stepType?: string;
  readonly target?: string;
  readonly parameters?: JsonObject;
  /** Words as one types them, or the list of arguments; short for `command.run`. */
  readonly command?: string | readonly string[];
  readonly timeoutSeconds?: number;
}

/** A job as a plan file declares it. */
export interface JobDeclaration {
  readonly key: string;
  readonly description?: string;
  readonly needs: readonly string[];
  readonly steps: readonly StepDeclaration[];
  readonly preChecks: readonly StepDeclaration[];
  readonly postChecks: readonly StepDeclaration[];
  readonly compensate: readonly StepDeclaration[];
  readonly probe: readonly StepDeclaration[];
  readonly gate?: Gate;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeoutSeconds?: number;
  readonly continueOnError?: boolean;
  readonly recovery?: Recovery;
  /** Step types that it may use; absent = those that it names. */
  readonly capabilities?: readonly string[];
  /** Glob patterns, relative to the working directory. */
  readonly artifacts: readonly string[];
  readonly workingDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly concurrency?: Concurrency;
}

/** A notification as a plan file declares it: with either `email` or `webhook`. */
export interface NotificationDeclaration {
  readonly on: readonly NotificationCause[];
  readonly email?: { readonly to: readonly string[]; readonly cc: readonly string[] };
  readonly webhook?: { readonly url: string };
}

/** A plan as a file declares it, its form checked, nothing resolved. */
export interface PlanDeclaration {
  readonly name: string;
  readonly contractId?: string;
  readonly maxWorkers?: number;
  readonly workingDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Variables that are taken over from the environment of whoever starts the run. */
  readonly inheritEnvironment: readonly string[];
  /** Whether a command may be left to a shell. */
  readonly allowShell: boolean;
  readonly defaults: {
    readonly retry?: Partial<RetryPolicy>;
    /** Limit on a step that names none, in seconds. */
    readonly stepTimeoutSeconds?: number;
    readonly recovery?: Recovery;
  };
  readonly jobs: readonly JobDeclaration[];
  /** Absent = nobody is told. */
  readonly notifications?: readonly NotificationDeclaration[];
}
