import { randomUUID } from "node:crypto";
import type { JobStep } from "#model";
import type { ExecutionContext, StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import type { Command } from "./command-run/command.ts";
import { createCommandHost } from "./command-run/command-host.ts";
import type { CommandHost } from "./command-run/command-host.ts";
import { describeEnd } from "./command-run/describe-end.ts";
import { childEnvironment, MARKER_NAME } from "./command-run/environment.ts";
import { findExecutable } from "./command-run/executable.ts";
import { wrap } from "./command-run/isolation/isolation.ts";
import type { Bare } from "./command-run/isolation/isolation.ts";
import { strongerOf } from "./command-run/isolation/levels.ts";
import type { IsolationLevel } from "./command-run/isolation/levels.ts";
import { tryIsolation } from "./command-run/isolation/try-isolation.ts";
import { createOutputCapture } from "./command-run/output-capture.ts";
import { LivingTrees } from "./command-run/living-trees.ts";
import { commandParametersSchema, readCommandParameters, sensitiveStreams } from "./command-run/parameters.ts";
import type { CommandParameters } from "./command-run/parameters.ts";
import { createPipePool } from "./command-run/pipes.ts";
import type { PipePool } from "./command-run/pipes.ts";
import { commandPolicy } from "./command-run/policy.ts";
import type { CommandPolicy, CommandRunOptions } from "./command-run/policy.ts";
import { runCommand } from "./command-run/run-command.ts";
import { resolveSecrets } from "./command-run/secret-parameters.ts";
import { findWorkingDirectory } from "./command-run/working-directory.ts";
import { failure } from "./failure.ts";

/** The step type `command.run`; disposing it stops every command that still runs and resolves when none is left. */
export type CommandRun = StepType & AsyncDisposable & Ready;

/** What tries out beforehand whether steps can be performed as it is configured. */
export interface Ready {
  /**
   * Runs a command that does nothing at each level of isolation that steps may have, in each working directory that exists.
   * @throws {Fault} INVALID_CONFIGURATION that names each level that cannot be had, and why.
   */
  tryIsolation(): Promise<void>;
}

/**
 * Makes the step type `command.run`: it runs a program, given as a list of words that no shell reads, and reports its
 * exit, its output, and what it left running. A file that is neither a binary nor starts with `#!` is run by `/bin/sh`,
 * as the system's `execvp` does it.
 *
 * When a step is stopped (deadline, cancel) its whole tree of processes is ended, and the handler returns within
 * `killGraceMs` and a second. What cannot be found is said at {@link createProcessTree}. If this process ends in the
 * middle, its commands are killed with it; if it is itself killed, the supervisor ends them. No supervisor, no commands.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createCommandRun(options: CommandRunOptions): CommandRun {
  const policy = commandPolicy(options);
  const pipes = createPipePool();
  const trees = new LivingTrees();
  const host = options.host ?? createCommandHost({ clock: policy.clock });
  const stop = new AbortController();
  const running = new Set<Promise<StepOutput>>();
  return {
    name: "command.run",
    parametersSchema: commandParametersSchema(),
    sensitiveOutput: sensitiveStreams,
    checkParameters(raw) {
      const answer = readCommandParameters(raw, policy);
      return answer.kind === "valid" ? [] : answer.violations;
    },
    handler: {
      async execute(step, context, { signal }) {
        const execution = execute(step, context, {
          policy,
          pipes,
          trees,
          host,
          signal: AbortSignal.any([signal, stop.signal]),
        });
        running.add(execution);
        try {
          return await execution;
        } finally {
          running.delete(execution);
        }
      },
    },
    tryIsolation: () =>
      tryIsolation(policy, (probe, level) => {
        const environment = { [MARKER_NAME]: `isolation/${randomUUID()}` };
        const surroundings = { policy, pipes, trees, host, signal: stop.signal };
        return superviseAt(
          level,
          { ...probe, environment },
          { declared: NO_PARAMETERS, program: probe.file, surroundings },
        );
      }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.allSettled(running);
      pipes.close();
      trees[Symbol.dispose]();
      if (options.host === undefined) await host[Symbol.asyncDispose]();
    },
  };
}

const NO_PARAMETERS = { expected_exit_codes: [0] };

interface Surroundings {
  readonly policy: CommandPolicy;
  readonly pipes: PipePool;
  readonly trees: LivingTrees;
  readonly host: CommandHost;
  readonly signal: AbortSignal;
}

/** Checks all again: the caller may not have, and directories and programs may have changed since. */
async function execute(step: JobStep, context: ExecutionContext, surroundings: Surroundings): Promise<StepOutput> {
  const { policy } = surroundings;
  const answer = readCommandParameters(step.parameters, policy);
  if (answer.kind !== "valid") {
    const list = answer.violations.map((violation) => `${violation.field}: ${violation.description}`).join("; ");
    return failure(list, answer.kind === "malformed" ? "validation_failed" : "sandbox_violation");
  }
  return start(answer.parameters, context, surroundings);
}

async function start(
  declared: CommandParameters,
  context: ExecutionContext,
  surroundings: Surroundings,
): Promise<StepOutput> {
  const { policy, signal } = surroundings;
  const [first] = declared.argv;
  const program = typeof first === "string" ? first : ""; // a secret has been refused
  const directory = findWorkingDirectory(declared.working_directory, policy.workingDirectories);
  if (directory.kind === "refused") return failure(directory.problem, "sandbox_violation");
  if (directory.kind === "absent") return failure(directory.problem, "permanent");
  const executable = findExecutable(program, policy);
  if (!executable.permitted) return failure(executable.problem, "sandbox_violation");
  if (executable.file === undefined) {
    return failure(`cannot start "${program.slice(0, 200)}": it is not on the server's search path`, "permanent");
  }
  if (signal.aborted) return failure("stopped before it was started", "unknown");
  const resolved = resolveSecrets(declared, policy.secrets);
  if ("problems" in resolved) return failure(resolved.problems.join("; "), "permanent");

  const environment = childEnvironment({
    policy: policy.environment,
    searchPath: policy.searchPath,
    declared: resolved.environment,
    context,
    // Unique, so that no other server's step of the same name is ever taken for this one.
    marker: `${context.idempotencyKey}/${randomUUID()}`,
  });
  const bare = { file: executable.file, argv: resolved.argv, directory: directory.path, environment };
  const level = strongerOf(policy.isolation.level, declared.isolation ?? "group");
  return superviseAt(level, bare, { declared, program, surroundings });
}

async function superviseAt(level: IsolationLevel, bare: Bare, context: Declared): Promise<StepOutput> {
  if (level === "group") return supervise(bare, context);
  const wrapped = wrap(bare, level, context.surroundings.policy.isolation);
  return "problem" in wrapped ? failure(wrapped.problem, "transient_io") : supervise({ ...bare, wrapped }, context);
}

interface Declared {
  readonly declared: Pick<CommandParameters, "expected_exit_codes" | "sensitive_output">;
  readonly program: string;
  readonly surroundings: Surroundings;
}

/** Runs a command that the supervisor knows of before it is started: whoever dies then, somebody is left to end it. */
async function supervise(command: Command, { declared, program, surroundings }: Declared): Promise<StepOutput> {
  const { policy, pipes, trees, host, signal } = surroundings;
  const lost = new AbortController();
  const supervised = await host.supervisor.open({
    marker: `${MARKER_NAME}=${command.environment[MARKER_NAME] ?? ""}`,
    graceMs: policy.killGraceMs,
    onLost: () => lost.abort(),
  });
  if ("problem" in supervised) return failure(`nothing is started: ${supervised.problem}`, "transient_io");
  const capture = createOutputCapture(policy.outputBytes, policy.secrets?.redactor);
  try {
    const end = await runCommand(command, {
      capture,
      pipes,
      trees,
      meter: host.meter,
      supervised,
      clock: policy.clock,
      killGraceMs: policy.killGraceMs,
      signal: AbortSignal.any([signal, lost.signal]),
    });
    const said = describeEnd(end, {
      program,
      capture,
      expectedExitCodes: declared.expected_exit_codes,
      quotesStderr: declared.sensitive_output?.includes("/stderr") !== true,
    });
    if (!lost.signal.aborted || signal.aborted || said.success) return said;
    return {
      ...said,
      error: "stopped, because nobody was left to end it if the server died",
      errorClass: "transient_io",
    };
  } finally {
    supervised.close();
  }
}
