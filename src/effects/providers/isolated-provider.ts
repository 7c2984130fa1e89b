import { dirname } from "node:path";
import type { Clock, JobStep, JsonObject } from "#model";
import type { Provider } from "../provider.ts";
import type { SecretVault } from "../secrets/secret-vault.ts";
import type { ExecutionContext, StepOutput } from "../step-handler.ts";
import { malformed } from "../step-handlers/declared-parameters.ts";
import { boundedError, failure, stopped } from "../step-handlers/failure.ts";
import { LivingTrees } from "../step-handlers/command-run/living-trees.ts";
import type { CommandHost } from "../step-handlers/command-run/command-host.ts";
import type { StepType } from "../step-type.ts";
import { compileParameterSchema } from "./isolated/parameter-schema.ts";
import type { ParameterSchema } from "./isolated/parameter-schema.ts";
import { ProcessPool } from "./isolated/process-pool.ts";
import type { DeclaredCapability, SecretValues } from "./isolated/protocol.ts";
import { ProviderProcess } from "./isolated/provider-process.ts";
import type { Asked } from "./isolated/provider-process.ts";
import { readOutput } from "./isolated/read-reply.ts";

/** What is told of the processes of a provider while it works. */
export type ProviderNews =
  | { readonly kind: "started"; readonly provider: string; readonly pid: number }
  | { readonly kind: "ended"; readonly provider: string; readonly pid: number; readonly how: string }
  | {
      readonly kind: "output";
      readonly provider: string;
      readonly stream: "stdout" | "stderr";
      /** At most 1,000 characters; at most 100 lines in a minute. */
      readonly line: string;
    };

/** What a third party's provider is loaded with. */
export interface IsolatedProviderOptions {
  /** Absolute path of its module. */
  readonly file: string;
  /** What its module is given as it stands. */
  readonly settings: JsonObject;
  /** Names of the secrets that it is given. No other leaves the server. */
  readonly secretNames: readonly string[];
  readonly secrets: SecretVault | undefined;
  /** All variables of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Processes at a time; each has one call at a time. */
  readonly processes: number;
  /** Memory of one process, in MiB. */
  readonly memoryMebibytes: number;
  /** Seconds in which a process has to have loaded the module and made it ready. */
  readonly startSeconds: number;
  readonly clock: Clock;
  /** Starts and ends processes; whoever gives it closes it afterwards. */
  readonly host: CommandHost;
  readonly newMarker: () => string;
  readonly onNews: (news: ProviderNews) => void;
}

const MEBIBYTE = 1024 * 1024;
/** How long a module may take to stop a call, and to close itself. */
const STOP_GRACE_MS = 500;
const CLOSE_MS = 2000;
const SECOND_MS = 1000;

/** A provider of somebody else's, or why it cannot be used. */
export type LoadedProvider = { readonly provider: Provider } | { readonly problem: string };

/**
 * Loads a module that exports `provider`, in a process of its own: whatever it does there, throw, hang, exit, kill itself, loop or run out of
 * memory, fails the step that it was called for and nothing else. What it may do as the server's user it may do: this is no sandbox.
 *
 * The end of its process during a call is `transient_io`, what it throws is `unknown`, and an answer that is no `StepOutput` is `permanent`. Never rejects.
 */
export async function loadIsolatedProvider(options: IsolatedProviderOptions): Promise<LoadedProvider> {
  return await new IsolatedProcesses(options).load();
}

class IsolatedProcesses {
  readonly #options: IsolatedProviderOptions;
  readonly #trees = new LivingTrees();
  readonly #pool: ProcessPool;
  readonly #never = new AbortController().signal;
  /** What it said of itself when the server started; each process of it has to say the same. */
  #said = "";
  #name: string;

  constructor(options: IsolatedProviderOptions) {
    this.#options = options;
    this.#name = options.file;
    const { clock, processes } = options;
    this.#pool = new ProcessPool({ clock, processes, start: (signal) => this.#startReady(signal) });
  }

  async load(): Promise<LoadedProvider> {
    const first = await this.#startLoaded(this.#never);
    if ("problem" in first) return await this.#refused(first.problem);
    const { process, name, capabilities } = first;
    const compiled = capabilities.map((capability) => ({
      capability,
      schema: compileParameterSchema(capability.parameters),
    }));
    const problems = compiled.flatMap(({ capability, schema }) =>
      "problem" in schema ? [`${capability.name}: ${schema.problem}`] : [],
    );
    if (problems.length > 0) {
      process.kill("it was refused");
      await process.ended;
      return await this.#refused(problems.join("; "));
    }
    this.#name = name;
    this.#said = JSON.stringify(capabilities);
    const stepTypes = compiled.flatMap(({ capability, schema }) =>
      "check" in schema ? [this.#stepType(capability, schema)] : [],
    );
    let waits = true;
    const provider: Provider = {
      name,
      stepTypes,
      init: async () => {
        const problem = await this.#ready(process, this.#never);
        waits = false;
        if (problem === undefined) return this.#pool.add(process);
        process.kill("it was refused");
        await process.ended;
        await this.#refused(problem);
        throw new Error(problem);
      },
      close: async () => {
        await (waits ? process.close(CLOSE_MS) : this.#pool.close(CLOSE_MS));
        this.#trees[Symbol.dispose]();
      },
    };
    return { provider };
  }

  async #refused(problem: string): Promise<{ readonly problem: string }> {
    this.#trees[Symbol.dispose]();
    return { problem };
  }

  #stepType({ name, sensitive }: DeclaredCapability, schema: ParameterSchema): StepType {
    return {
      name,
      parametersSchema: schema.jsonSchema,
      checkParameters: (parameters) => schema.check(parameters),
      ...(sensitive.length > 0 && { sensitiveOutput: () => sensitive }),
      handler: {
        execute: async (step, context, { signal }) => {
          const violations = schema.check(step.parameters);
          return violations.length > 0 ? malformed(violations) : await this.#perform(step, context, signal);
        },
      },
    };
  }

  async #perform(
    { parameters, stepType }: JobStep,
    context: ExecutionContext,
    signal: AbortSignal,
  ): Promise<StepOutput> {
    const secrets = this.#secrets();
    if ("problem" in secrets) return failure(secrets.problem, "permanent");
    const taken = await this.#pool.take(signal);
    if (taken.kind === "stopped") return stopped();
    if (taken.kind === "none")
      return failure(`the provider ${this.#name} is not there: ${taken.problem}`, "transient_io");
    const { process } = taken;
    const call = { kind: "call", capability: stepType, parameters, context, secrets: secrets.values } as const;
    const asked = await process.ask(call, { signal, graceMs: STOP_GRACE_MS });
    this.#pool.give(process);
    return this.#outputOf(asked);
  }

  #outputOf(asked: Asked): StepOutput {
    if (asked.kind === "stopped") return stopped();
    if (asked.kind === "died") {
      const text = `the process of the provider ${this.#name} ended during the call (${asked.how}); whether it took effect is not known`;
      return failure(text, "transient_io");
    }
    if (asked.kind === "failed") throw new Error(asked.error); // as a handler that throws
    const output = asked.kind === "answer" ? readOutput(asked.output) : { problem: `it said ${asked.kind}` };
    if ("problem" in output)
      return failure(`the provider ${this.#name} answered what is no result of a step: ${output.problem}`, "permanent");
    return output.error === undefined ? output : { ...output, error: boundedError(output.error) };
  }

  /** A process that has loaded the module and made it ready, or why there is none. */
  async #startReady(signal: AbortSignal): Promise<ProviderProcess | { readonly problem: string }> {
    const loaded = await this.#startLoaded(signal);
    if ("problem" in loaded) return loaded;
    const { process, name, capabilities } = loaded;
    const isSame = name === this.#name && JSON.stringify(capabilities) === this.#said;
    const problem = isSame
      ? await this.#ready(process, signal)
      : "its module says other things of itself than when the server was started; start the server anew";
    if (problem === undefined) return process;
    process.kill("it was refused");
    await process.ended;
    return { problem };
  }

  async #startLoaded(
    signal: AbortSignal,
  ): Promise<
    | { readonly process: ProviderProcess; readonly name: string; readonly capabilities: readonly DeclaredCapability[] }
    | { readonly problem: string }
  > {
    const { file, environment, memoryMebibytes, clock, host, newMarker } = this.#options;
    const process = await ProviderProcess.start({
      clock,
      host,
      trees: this.#trees,
      marker: newMarker(),
      directory: dirname(file),
      environment,
      memoryBytes: memoryMebibytes * MEBIBYTE,
      onLine: (stream, line) => this.#options.onNews({ kind: "output", provider: this.#name, stream, line }),
    });
    if ("problem" in process) return process;
    this.#tell(process);
    const asked = await this.#within(process, { kind: "load", file }, signal);
    if (asked.kind === "loaded") return { process, name: asked.name, capabilities: asked.capabilities };
    process.kill("it was refused");
    await process.ended;
    return { problem: `could not be loaded: ${problemOf(asked)}` };
  }

  #tell(process: ProviderProcess): void {
    const { pid } = process;
    this.#options.onNews({ kind: "started", provider: this.#name, pid });
    void process.ended.then((how) => this.#options.onNews({ kind: "ended", provider: this.#name, pid, how }));
  }

  /** Undefined once the module is ready. */
  async #ready(process: ProviderProcess, signal: AbortSignal): Promise<string | undefined> {
    const secrets = this.#secrets();
    if ("problem" in secrets) return secrets.problem;
    const request = { kind: "init", settings: this.#options.settings, secrets: secrets.values } as const;
    const asked = await this.#within(process, request, signal);
    return asked.kind === "ready" ? undefined : `could not be initialised: ${problemOf(asked)}`;
  }

  async #within(
    process: ProviderProcess,
    request: Parameters<ProviderProcess["ask"]>[0],
    signal: AbortSignal,
  ): Promise<Asked> {
    const { clock, startSeconds } = this.#options;
    const late = `it was not done within ${startSeconds} s (start_seconds)`;
    const disarm = clock.after(startSeconds * SECOND_MS, () => process.kill(late));
    try {
      return await process.ask(request, { signal, graceMs: 0 });
    } finally {
      disarm();
    }
  }

  #secrets(): { readonly values: SecretValues } | { readonly problem: string } {
    const { secretNames, secrets } = this.#options;
    const values: Record<string, string> = {};
    for (const name of secretNames) {
      const answer = secrets?.resolve(name) ?? { problem: "the configuration has no secrets" };
      if ("problem" in answer) return { problem: `the secret ${name} cannot be used: ${answer.problem}` };
      values[name] = answer.value;
    }
    return { values };
  }
}

function problemOf(asked: Asked): string {
  if (asked.kind === "failed") return asked.error;
  if (asked.kind === "died") return `its process ended (${asked.how})`;
  return `it said ${asked.kind}`;
}
